import Hummingbird
import ResourceAPI
import Scheduling
import Storage
import TaskModel

/// What registries call to tell what was pushed: `P/registryHooks`. Those who write tasks make them; secrets are shown when they are made,
/// and to those who may see the secrets of tasks.
struct RegistryHooksController {
    let hooks: RegistryHooks
    let identity: ServerIdentity

    func addRoutes(to registry: RegistryRoutes) {
        registry.get("registryHooks", needing: .readResources, use: list)
        registry.get("registryHooks/:hook", needing: .readResources, use: show)
        registry.post("registryHooks/:hook/listDetails", needing: .readResources, use: showDetails)
        registry.put("registryHooks/:hook", needing: .writeTasks, use: put)
        registry.delete("registryHooks/:hook", needing: .writeTasks, use: delete)
    }

    private func list(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        try .json(Page(value: try await hooks.list(in: registry).map { resource($0) }))
    }

    private func show(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        try .json(resource(try await hook(context, in: registry)))
    }

    private func showDetails(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws
        -> Response
    {
        let mayRead = try context.caller.may(.readTaskSecrets, in: registry.name)
        return try .json(
            resource(try await hook(context, in: registry), revealing: mayRead), revealing: true)
    }

    private func put(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let wire = try await request.decode(PutRegistryHookRequest.self)
        guard let kind = RegistryEventKind(rawValue: wire.kind.lowercased()) else {
            let known = RegistryEventKind.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
            throw InvalidRequest(
                code: "InvalidHookKind",
                message:
                    "'\(wire.kind.escapedForDisplay)' is no kind of registry that is listened to. Give one of \(known).",
                target: "kind")
        }
        do {
            let (hook, isNew) = try await hooks.put(name(context), kind: kind, host: wire.host, in: registry)
            let mayRead = try context.caller.may(.readTaskSecrets, in: registry.name)
            return try .json(resource(hook, revealing: isNew || mayRead), revealing: true)
        } catch let error as InvalidName {
            throw InvalidRequest(code: "InvalidName", message: "\(error)", target: "registryHook")
        } catch let error as TooManyHooks {
            throw InvalidRequest(code: "TooManyHooks", message: "\(error)", target: "registryHook")
        }
    }

    private func delete(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        guard try await hooks.remove(name(context), in: registry) else { throw missing(context) }
        return Response(status: .ok)
    }

    private func hook(_ context: ResourceContext, in registry: Registry) async throws -> Hook {
        guard let hook = try await hooks.find(name(context), in: registry) else { throw missing(context) }
        return hook
    }

    private func name(_ context: ResourceContext) -> String { context.parameters.get("hook") ?? "" }

    private func missing(_ context: ResourceContext) -> ServerError {
        .notFound(
            "There is no hook '\(name(context).escapedForDisplay)'. 'slipway trigger hook list' shows those of the registry."
        )
    }

    private func resource(_ hook: Hook, revealing: Bool = false) -> RegistryHookResource {
        RegistryHookResource(
            name: hook.trigger, kind: hook.kind.rawValue, host: hook.repositoryURL,
            url: revealing ? hook.registryURL(at: identity.publicURL) : hook.url(at: identity.publicURL),
            secret: revealing ? hook.secret : nil, lastDeliveryTime: hook.lastDeliveryTime.map { Timestamp($0) })
    }
}
