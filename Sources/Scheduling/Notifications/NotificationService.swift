import CurlHTTP
public import Foundation
import Logging
public import Storage
public import TaskModel

/// Who is told how runs of a registry go: what people and their tools ask for.
public struct NotificationService: Sendable {
    /// How many targets a registry has at most.
    public static let mostTargets = 50

    private let environment: SchedulerEnvironment
    private let store: NotificationStore
    private let post: NotificationPost
    private let write: NotificationContent.Writer

    public init(
        _ environment: SchedulerEnvironment, store: NotificationStore, post: NotificationPost,
        write: @escaping NotificationContent.Writer
    ) {
        self.environment = environment
        self.store = store
        self.post = post
        self.write = write
    }

    /// - Throws: ``NotificationServiceError/notFound(_:)``
    public func show(_ name: String, in registry: Registry) async throws -> NotificationTarget {
        guard let target = try await store.find(name, in: registry.name) else {
            throw NotificationServiceError.notFound(name)
        }
        return target
    }

    /// By name.
    public func list(in registry: Registry) async throws -> [NotificationTarget] {
        try await store.list(in: registry.name)
    }

    /// Writes what `make` makes of the stored target and of the time. One that can't be read is none.
    ///
    /// - Throws: ``NotificationServiceError``, and what `make` throws.
    public func put(
        _ name: String, in registry: Registry, by principal: String,
        _ make: (NotificationTarget?, Date) throws -> NotificationTarget
    ) async throws -> NotificationTarget {
        let known = try await ifReadable { try await store.find(name, in: registry.name) }
        let target = try make(known, environment.now())
        try checkEncryption(of: target.url)
        if known == nil, try await store.list(in: registry.name).count >= Self.mostTargets {
            throw NotificationServiceError.tooMany(limit: Self.mostTargets)
        }
        try await store.put(target)
        log("notification target written", target.name, registry, by: principal)
        return try await show(name, in: registry)
    }

    /// - Throws: ``NotificationServiceError/notFound(_:)``
    public func delete(_ name: String, in registry: Registry, by principal: String) async throws {
        guard try await store.delete(name, in: registry.name) else { throw NotificationServiceError.notFound(name) }
        log("notification target removed", name, registry, by: principal)
    }

    /// Newest first.
    public func deliveries(of name: String, in registry: Registry, limit: Int) async throws -> [NotificationDelivery] {
        try await store.deliveries(of: try await show(name, in: registry), limit: limit)
    }

    /// Has the body of a delivery sent once more. It is a new delivery: whoever has seen the old one takes it all the same.
    ///
    /// - Throws: ``NotificationServiceError``
    public func replay(_ delivery: String, of name: String, in registry: Registry, by principal: String) async throws
        -> NotificationDelivery
    {
        let target = try await show(name, in: registry)
        guard let old = try await store.delivery(delivery, to: target) else {
            throw NotificationServiceError.deliveryNotFound(delivery, target: target.name)
        }
        let new = NotificationDelivery(event: old.delivery.event, run: old.delivery.run, createTime: environment.now())
        log("notification replayed", target.name, registry, by: principal)
        return try await add(new, old.body, to: target)
    }

    /// Tries a target out, a disabled one as well: at once and once.
    public func ping(_ name: String, in registry: Registry) async throws -> NotificationDelivery {
        let target = try await show(name, in: registry)
        let now = environment.now()
        let body = try write(NotificationContent(pingAt: now, in: registry))
        var delivery = NotificationDelivery(event: NotificationContent.ping, run: nil, createTime: now)
        let outcome = try await post.send(
            OutgoingNotification(target: target, delivery: delivery, body: body), at: now)
        switch outcome {
        case .delivered(let status): delivery.note(status: status, error: nil, at: environment.now())
        case .gone(let status):
            delivery.note(
                status: status, error: "It answered with the status \(status): it wants to be told nothing.",
                at: environment.now())
        case .failed(let status, let reason, _):
            delivery.note(status: status, error: reason, at: environment.now())
        }
        return try await add(delivery, body, to: target)
    }

    /// - Returns: it, as it is stored.
    private func add(_ delivery: NotificationDelivery, _ body: [UInt8], to target: NotificationTarget) async throws
        -> NotificationDelivery
    {
        guard try await store.add(delivery, body, to: target),
            let stored = try await store.delivery(delivery.id, to: target)
        else { throw NotificationServiceError.notFound(target.name) }
        return stored.delivery
    }

    private func checkEncryption(of url: NotificationURL) throws(NotificationServiceError) {
        guard let origin = HTTPOrigin(url: url.address.value) else { throw .noOrigin }
        guard origin.scheme == "https" || environment.settings.sources.allowedOrigins.contains(origin.description)
        else { throw .plain(origin) }
    }

    private func log(_ message: Logger.Message, _ name: String, _ registry: Registry, by principal: String) {
        environment.logger.info(
            message,
            metadata: [
                "notification": "\(name.escapedForDisplay)", "registry": "\(registry.name)",
                "principal": "\(principal)",
            ])
    }
}
