import Hummingbird
import Logging
import ResourceAPI
import Scheduling
import Storage
import TaskModel

/// What was sent to hooks, and what became of it: `P/triggerDeliveries`.
struct DeliveriesController {
    private static let pageSize = 100

    let deliveries: DeliveryService

    func addRoutes(to registry: RegistryRoutes) {
        registry.get("triggerDeliveries", needing: .readResources, use: list)
        registry.get("triggerDeliveries/:delivery", needing: .readResources, use: show)
        registry.post("triggerDeliveries/:delivery/replay", needing: .writeTasks, use: replay)
        registry.post("triggerDeliveries/:delivery/approve", needing: .writeTasks, use: approve)
    }

    private func list(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let query = request.uri.queryParameters
        let top = query["$top"].flatMap { Int(String($0)) } ?? Self.pageSize
        let found = try await deliveries.list(
            in: registry, task: query["task"].map(String.init), limit: min(max(top, 1), 1000))
        return try .json(Page(value: found.map { DeliveryResource($0) }))
    }

    /// What it says is for those who write tasks: it may tell more of a repository than others may see.
    private func show(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let delivery = try await deliveries.show(id(context), in: registry)
        var resource = DeliveryResource(delivery)
        if try context.caller.may(.readTaskSecrets, in: registry.name),
            let content = try await deliveries.content(of: delivery)
        {
            resource.headers = content.headers
            resource.body = String(decoding: content.body, as: UTF8.self)
        }
        return try .json(resource)
    }

    private func replay(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        try .json(DeliveryResource(try await deliveries.replay(id(context), in: registry)))
    }

    private func approve(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response
    {
        let approval = try await request.decode(DeliveryApproval.self)
        let principal = try context.caller.id
        let delivery = try await deliveries.approve(id(context), commit: approval.commit, in: registry)
        context.logger.info(
            "commit approved",
            metadata: [
                "delivery": "\(delivery.id)", "commit": "\(delivery.approvedCommit ?? "")",
                "principal": "\(principal)",
            ])
        return try .json(DeliveryResource(delivery))
    }

    private func id(_ context: ResourceContext) -> String { context.parameters.get("delivery") ?? "" }
}

extension DeliveryResource {
    init(_ delivery: Delivery) {
        self.init(id: "\(delivery.id)")
        kind = delivery.kind.rawValue
        task = delivery.task.isEmpty ? nil : delivery.task
        trigger = delivery.trigger
        deliveryId = delivery.deliveryID
        time = Timestamp(delivery.time)
        state = delivery.state.rawValue
        attempts = delivery.attempts
        nextAttemptTime = delivery.attempts > 0 ? delivery.nextTime.map { Timestamp($0) } : nil
        outcome = delivery.outcome
        runs = delivery.runs.isEmpty ? nil : delivery.runs
        approvedCommit = delivery.approvedCommit
    }
}
