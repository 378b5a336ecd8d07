/// Who is told how runs go. What is not there is ``ResourceError/refused`` with 404.
extension ResourceClient {
    /// By name (`GET P/notifications`).
    public func notifications(in registry: ResourceID) async throws -> [NotificationResource] {
        try await list("\(registry)/notifications", apiVersion: APIVersion.notifications)
    }

    /// `GET P/notifications/N`, or `POST P/notifications/N/listDetails`, which shows the secret and the whole URL.
    public func notification(_ name: String, in registry: ResourceID, revealing: Bool = false) async throws
        -> NotificationResource
    {
        let path = "\(registry)/notifications/\(name)"
        return revealing
            ? try await post(path + "/listDetails", apiVersion: APIVersion.notifications)
            : try await get(path, apiVersion: APIVersion.notifications)
    }

    /// Makes one, or replaces the one of that name (`PUT P/notifications/N`).
    ///
    /// - Returns: it, with its secret if that is new.
    public func putNotification(_ name: String, _ notification: NotificationResource, in registry: ResourceID)
        async throws -> NotificationResource
    {
        try await put("\(registry)/notifications/\(name)", apiVersion: APIVersion.notifications, body: notification)
    }

    /// `DELETE P/notifications/N`.
    public func deleteNotification(_ name: String, in registry: ResourceID) async throws {
        try await delete("\(registry)/notifications/\(name)", apiVersion: APIVersion.notifications)
    }

    /// Newest first (`GET P/notifications/N/deliveries`).
    public func deliveries(ofNotification name: String, in registry: ResourceID, top: Int) async throws
        -> [NotificationDeliveryResource]
    {
        try await list(
            "\(registry)/notifications/\(name)/deliveries", apiVersion: APIVersion.notifications,
            query: [("$top", "\(top)")])
    }

    /// Sends a delivery once more, as a new one (`POST P/notifications/N/deliveries/ID/replay`).
    public func replayDelivery(_ id: String, ofNotification name: String, in registry: ResourceID) async throws
        -> NotificationDeliveryResource
    {
        try await post(
            "\(registry)/notifications/\(name)/deliveries/\(id)/replay", apiVersion: APIVersion.notifications)
    }

    /// Tries it out, at once and once (`POST P/notifications/N/ping`).
    public func pingNotification(_ name: String, in registry: ResourceID) async throws -> NotificationDeliveryResource {
        try await post("\(registry)/notifications/\(name)/ping", apiVersion: APIVersion.notifications)
    }
}
