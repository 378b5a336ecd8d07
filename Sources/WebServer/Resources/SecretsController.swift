import Hummingbird
import ResourceAPI
import Scheduling
import Storage
import TaskModel

/// Secrets that runs of a registry may name by the URL of a vault: `P/secrets`. What comes in is never told again.
struct SecretsController {
    let secrets: SecretService

    func addRoutes(to registry: RegistryRoutes) {
        registry.get("secrets", needing: .readResources, use: list)
        registry.put("secrets/:vault/:secret", needing: .writeSecrets, use: put)
        registry.delete("secrets/:vault/:secret", needing: .writeSecrets, use: delete)
        registry.delete("secrets/:vault/:secret/:version", needing: .writeSecrets, use: delete)
    }

    private func list(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        try .json(Page(value: try await secrets.list(in: registry).map { SecretResource($0) }))
    }

    private func put(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let location = try location(context)
        let value = try await request.decode(PutSecretRequest.self).value
        return try .json(
            SecretResource(try await secrets.set(value, at: location, in: registry, by: try context.caller.id)))
    }

    private func delete(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        try await secrets.delete(try location(context), in: registry, by: try context.caller.id)
        return Response(status: .ok)
    }

    private func location(_ context: ResourceContext) throws -> SecretLocation {
        // What a client has escaped must not become a segment of its own.
        func part(_ name: String) -> String? { context.parameters.get(name)?.replacing("/", with: "%2F") }
        let version = part("version").map { "/" + $0 } ?? ""
        let url = "https://\(part("vault") ?? "")/secrets/\(part("secret") ?? "")\(version)"
        do {
            return try SecretLocation(url)
        } catch {
            throw InvalidRequest(code: "InvalidName", message: "\(error)", target: "secret")
        }
    }
}

extension SecretResource {
    init(_ secret: StoredSecret) {
        self.init(
            location: secret.location,
            versions: secret.versions.map {
                Version(id: $0.id, createTime: Timestamp($0.createTime), createdBy: $0.createdBy)
            })
    }
}
