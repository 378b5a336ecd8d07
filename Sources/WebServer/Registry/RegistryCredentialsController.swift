import Hummingbird
import ResourceAPI
import Scheduling
import Storage
import TaskModel

/// The administrator login of a registry: `POST P/listCredentials`, `POST P/regenerateCredential`. And how much
/// of the server is in use: `GET P/listUsages`.
struct RegistryCredentialsController {
    let directory: RegistryDirectory
    /// Nil for a server that stands in front of no registry.
    let adminUsers: AdminUserStore?
    let pools: PoolService

    func addRoutes(to registry: RegistryRoutes) {
        registry.post("listCredentials", needing: .administer, use: list)
        registry.post("regenerateCredential", needing: .administer, use: regenerate)
        registry.get("listUsages", needing: .readRegistry, use: usages)
    }

    private func list(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        try .json(answer(registry, try await store(for: registry).passwords(of: registry.name)))
    }

    private func regenerate(
        _ request: Request, _ context: ResourceContext, _ registry: Registry
    ) async throws -> Response {
        let store = try store(for: registry)
        let wire = try await request.decode(RegenerateCredential.self)
        guard let slot = AdminUserStore.Slot(rawValue: wire.name) else {
            throw InvalidRequest(
                code: "InvalidParameter", message: "name can be password or password2.", target: "name")
        }
        return try .json(answer(registry, try await store.regenerate(slot, of: registry.name)))
    }

    /// The queue and the slots of the pools. How much a registry may hold is its own business.
    private func usages(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        var queued = 0
        var underWay = 0
        var slots = 0
        for pool in try await pools.list(in: registry) {
            let load = try await pools.load(of: pool.name, in: registry)
            queued += load.queued
            underWay += load.underWay
            slots += pool.count
        }
        return try .json(
            Page(value: [
                RegistryUsage(name: "QueuedRuns", limit: directory.settings.maxQueued, currentValue: queued),
                RegistryUsage(name: "RunningRuns", limit: slots, currentValue: underWay),
            ]))
    }

    private func store(for registry: Registry) throws -> AdminUserStore {
        guard registry.gateway, let adminUsers else {
            throw ServerError(
                status: .badRequest, code: "UnauthorizedForCredentialOperations",
                message: """
                    Cannot perform credential operations for \(directory.id(of: registry)) as admin user is disabled. \
                    There is one where the server stands in front of the registry (gateway: true).
                    """)
        }
        return adminUsers
    }

    private func answer(_ registry: Registry, _ passwords: [AdminUserStore.Slot: Secret]) -> RegistryCredentialsAnswer {
        RegistryCredentialsAnswer(
            username: registry.name,
            passwords: AdminUserStore.Slot.allCases.compactMap { slot in
                passwords[slot].map { RegistryCredentialsAnswer.Password(name: slot.rawValue, value: $0.value) }
            })
    }
}

private struct RegenerateCredential: Codable, Sendable {
    var name: String
}

private struct RegistryCredentialsAnswer: Codable, Sendable {
    struct Password: Codable, Sendable {
        var name: String
        var value: String
    }

    var username: String
    var passwords: [Password]
}

private struct RegistryUsage: Codable, Sendable {
    var name: String
    var limit: Int
    var currentValue: Int
    var unit = "Count"
}
