import Hummingbird
import ResourceAPI
import Scheduling
import Storage
import TaskModel

/// Who is told how runs of a registry go, which Azure's API does not know: `P/notifications`.
struct NotificationsController {
    let notifications: NotificationService

    func addRoutes(to registry: RegistryRoutes) {
        registry.get("notifications", needing: .readResources, use: list)
        registry.get("notifications/:notification", needing: .readResources, use: show)
        registry.post("notifications/:notification/listDetails", needing: .readTaskSecrets, use: showDetails)
        registry.put("notifications/:notification", needing: .writeTasks, use: put)
        registry.delete("notifications/:notification", needing: .writeTasks, use: delete)
        registry.post("notifications/:notification/ping", needing: .writeTasks, use: ping)
        registry.get("notifications/:notification/deliveries", needing: .readResources, use: deliveries)
        registry.post("notifications/:notification/deliveries/:delivery/replay", needing: .writeTasks, use: replay)
    }

    private func list(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        try .json(Page(value: try await notifications.list(in: registry).map { NotificationResource($0) }))
    }

    private func show(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        try .json(NotificationResource(try await notifications.show(name(context), in: registry)))
    }

    private func showDetails(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws
        -> Response
    {
        let target = try await notifications.show(name(context), in: registry)
        return try revealing(NotificationResource(target, hasSecret: true, hasWholeURL: true))
    }

    /// The answer has the secret if this has set it: who may write notifications need not see those of others.
    private func put(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let wire = try await request.decode(NotificationResource.self)
        let name = name(context)
        var isNewSecret = wire.secret != nil
        let target = try await notifications.put(name, in: registry, by: try context.caller.id) { known, now in
            try NotificationTarget(wire, name: name, registry: registry.name, known: known, at: now) {
                isNewSecret = true
                return NotificationSecret.make()
            }
        }
        return try revealing(NotificationResource(target, hasSecret: isNewSecret))
    }

    private func delete(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        try await notifications.delete(name(context), in: registry, by: try context.caller.id)
        return Response(status: .ok)
    }

    /// 200 also if the other side did not take it: the delivery says so.
    private func ping(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        try .json(NotificationDeliveryResource(try await notifications.ping(name(context), in: registry)))
    }

    /// The last 100, or as many as `$top` says.
    private func deliveries(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws
        -> Response
    {
        let top = request.uri.queryParameters["$top"].flatMap { Int(String($0)) } ?? 100
        let deliveries = try await notifications.deliveries(
            of: name(context), in: registry, limit: max(1, min(top, 1000)))
        return try .json(Page(value: deliveries.map(NotificationDeliveryResource.init)))
    }

    private func replay(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let delivery = try await notifications.replay(
            context.parameters.get("delivery") ?? "", of: name(context), in: registry, by: try context.caller.id)
        return try .json(NotificationDeliveryResource(delivery))
    }

    private func name(_ context: ResourceContext) -> String { context.parameters.get("notification") ?? "" }

    private func revealing(_ resource: NotificationResource) throws -> Response {
        var response = try Response.json(resource, revealing: true)
        response.headers[.cacheControl] = "no-store"
        return response
    }
}

/// Secrets that the server makes.
private enum NotificationSecret {
    /// 256 bits.
    static func make() -> Secret {
        var generator = SystemRandomNumberGenerator()
        return Secret((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }.hexadecimal)
    }
}

extension NotificationDeliveryResource {
    fileprivate init(_ delivery: NotificationDelivery) {
        self.init(
            id: delivery.id, event: delivery.event, createTime: Timestamp(delivery.createTime),
            state: delivery.state.rawValue, attempts: delivery.attempts)
        run = delivery.run?.text
        nextTime = delivery.nextTime.map { Timestamp($0) }
        lastTime = delivery.lastTime.map { Timestamp($0) }
        lastStatus = delivery.lastStatus
        lastError = delivery.lastError
    }
}
