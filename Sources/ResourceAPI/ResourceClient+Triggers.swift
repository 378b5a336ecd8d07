import TaskModel

extension ResourceClient {
    /// What was sent to hooks, newest first (`GET P/triggerDeliveries`).
    ///
    /// - Parameter task: nil for those of all tasks, and of the registry itself.
    public func deliveries(in registry: ResourceID, task: String?, limit: Int) async throws -> [DeliveryResource] {
        var query = [("$top", "\(limit)")]
        if let task { query.append(("task", task)) }
        let page: Page<DeliveryResource> = try await get(
            "\(registry)/triggerDeliveries", apiVersion: APIVersion.runs, query: query)
        return page.value
    }

    /// `GET P/triggerDeliveries/ID`.
    public func delivery(_ id: String, in registry: ResourceID) async throws -> DeliveryResource {
        try await get("\(registry)/triggerDeliveries/\(id)", apiVersion: APIVersion.runs)
    }

    /// Has it worked on once more (`POST P/triggerDeliveries/ID/replay`).
    public func replayDelivery(_ id: String, in registry: ResourceID) async throws -> DeliveryResource {
        try await post("\(registry)/triggerDeliveries/\(id)/replay", apiVersion: APIVersion.runs)
    }

    /// Lets a commit of a fork run, restricted (`POST P/triggerDeliveries/ID/approve`).
    public func approveDelivery(_ id: String, commit: String, in registry: ResourceID) async throws
        -> DeliveryResource
    {
        try await post(
            "\(registry)/triggerDeliveries/\(id)/approve", apiVersion: APIVersion.runs,
            body: DeliveryApproval(commit: commit))
    }
}
