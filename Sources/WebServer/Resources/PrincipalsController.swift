import Foundation
import Hummingbird
import ResourceAPI
import Scheduling
import Storage
import TaskModel

/// Who may use the server: `/slipway/v1/principals`, for those who may administer all registries.
struct PrincipalsController {
    static let path = "slipway/v1/principals"

    let principals: PrincipalStore
    let settings: SchedulingSettings
    let now: @Sendable () -> Date

    func addRoutes(to group: some RouterMethods<ResourceContext>) {
        let group = group.group("\(Self.path)").add(middleware: AdministratorMiddleware())
        group.get(use: list)
        group.post(use: create)
        group.get(":principal", use: show)
        group.delete(":principal", use: delete)
        group.post(":principal/rotate", use: rotate)
        group.post(":principal/assign", use: assign)
        group.post(":principal/unassign", use: unassign)
    }

    private func list(_ request: Request, _ context: ResourceContext) async throws -> Response {
        try .json(Page(value: try await principals.list(at: now()).map { PrincipalResource($0) }))
    }

    private func create(_ request: Request, _ context: ResourceContext) async throws -> Response {
        let wire = try await request.decode(CreatePrincipalRequest.self)
        let roles = try Set((wire.roles ?? []).map(assignment))
        let made = try await principals.create(named: try wire.checkedName(), roles: roles, at: now())
        return try Self.answer(made.record, made.secret)
    }

    private func show(_ request: Request, _ context: ResourceContext) async throws -> Response {
        try Self.answer(try await principals.show(id(context), at: now()))
    }

    private func delete(_ request: Request, _ context: ResourceContext) async throws -> Response {
        try await principals.delete(id(context), at: now())
        return Response(status: .ok)
    }

    private func rotate(_ request: Request, _ context: ResourceContext) async throws -> Response {
        let grace = try await request.decode(RotateSecretRequest.self).grace()
        let made = try await principals.rotate(id(context), grace: grace, at: now())
        return try Self.answer(made.record, made.secret)
    }

    private func assign(_ request: Request, _ context: ResourceContext) async throws -> Response {
        let role = try assignment(try await request.decode(RoleProperties.self))
        return try Self.answer(try await principals.assign(role, to: id(context), at: now()))
    }

    private func unassign(_ request: Request, _ context: ResourceContext) async throws -> Response {
        let wire = try await request.decode(RoleProperties.self)
        // A registry that is configured no longer can still have roles to be taken away.
        let role = try wire.assignment(registries: wire.registry.map { [$0] } ?? [])
        return try Self.answer(try await principals.unassign(role, from: id(context), at: now()))
    }

    private func assignment(_ role: RoleProperties) throws -> RoleAssignment {
        try role.assignment(registries: settings.registries.map(\.name))
    }

    private func id(_ context: ResourceContext) -> String {
        context.parameters.get("principal") ?? ""
    }

    private static func answer(_ record: PrincipalRecord, _ secret: Secret? = nil) throws -> Response {
        var resource = PrincipalResource(record)
        resource.clientSecret = secret?.value
        var response = try Response.json(resource)
        if secret != nil { response.headers[.cacheControl] = "no-store" }
        return response
    }
}

/// Lets only those pass who may administer all registries. To others there is nothing here.
private struct AdministratorMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: ResourceContext, next: (Request, ResourceContext) async throws -> Response
    ) async throws -> Response {
        guard try context.caller.mayEverywhere(.administer) else {
            throw ServerError.notFound(
                "There is nothing here for you: principals are managed by those with the role Admin in all registries.")
        }
        return try await next(request, context)
    }
}

extension PrincipalResource {
    init(_ record: PrincipalRecord) {
        self.init(
            clientId: record.principal.id, displayName: record.principal.displayName,
            roles: record.principal.roles.map { RoleProperties(role: $0.role.rawValue, registry: $0.registry) }
                .sorted { ($0.role, $0.registry ?? "") < ($1.role, $1.registry ?? "") },
            createTime: Timestamp(record.createTime), isOwn: record.isOwn,
            secrets: record.secrets.map { secret in
                SecretInfo(
                    id: secret.id, createTime: Timestamp(secret.createTime),
                    endTime: secret.endTime.map { Timestamp($0) })
            })
    }
}
