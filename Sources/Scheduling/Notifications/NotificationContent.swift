public import Foundation
public import TaskModel

/// What a target is told.
public struct NotificationContent: Sendable {
    /// The event of a delivery that only tries a target out.
    public static let ping = "ping"

    /// ``NotificationEvent``, or ``ping``.
    public let event: String
    public let time: Date
    public let registry: String
    /// What the run came to then; nil for a ping.
    public let status: RunStatus?
    /// As it was when this was written down; nil for a ping.
    public let run: Run?

    /// Makes the JSON that is posted. It holds no secrets.
    public typealias Writer = @Sendable (NotificationContent) throws -> [UInt8]

    public init(event: NotificationEvent, at time: Date, of run: Run, cameTo status: RunStatus) {
        self.event = event.rawValue
        self.time = time
        registry = run.registry
        self.status = status
        self.run = run
    }

    public init(pingAt time: Date, in registry: Registry) {
        event = Self.ping
        self.time = time
        self.registry = registry.name
        status = nil
        run = nil
    }
}
