public import Foundation
public import TaskModel

/// Something that a target is told, and what became of it.
public struct NotificationDelivery: Sendable, Hashable {
    public enum State: String, Sendable, Hashable {
        /// It is still to be sent, perhaps again.
        case pending
        case delivered
        /// It is not tried any more.
        case failed
    }

    /// A GUID, the same for each attempt.
    public let id: String
    /// ``NotificationEvent``, or `ping`.
    public let event: String
    /// Nil for what is of no run.
    public let run: RunID?
    public let createTime: Date
    public var state: State
    /// How often it was sent.
    public var attempts: Int
    /// When it is sent next; nil unless it is pending.
    public var nextTime: Date?
    public var lastTime: Date?
    /// The HTTP status of the last answer.
    public var lastStatus: Int?
    /// Why the last attempt failed, for people.
    public var lastError: String?

    /// One that is to be sent at once.
    public init(id: String = UUID().uuidString.lowercased(), event: String, run: RunID?, createTime: Date) {
        self.id = id
        self.event = event
        self.run = run
        self.createTime = createTime
        state = .pending
        attempts = 0
        nextTime = createTime
    }

    /// Whether it is to be sent now if it is pending. Where the last attempt is still to come, the clock was put back since, and the next
    /// time tells nothing.
    public func isDue(at now: Date) -> Bool {
        guard let nextTime else { return true }
        return nextTime <= now || (lastTime ?? createTime) > now
    }

    /// Notes what became of an attempt.
    ///
    /// - Parameters:
    ///   - error: nil if it has arrived.
    ///   - nextTime: when it is tried again; nil for never.
    public mutating func note(status: Int?, error: String?, at now: Date, nextTime: Date? = nil) {
        attempts += 1
        lastTime = now
        lastStatus = status
        lastError = error
        self.nextTime = error == nil ? nil : nextTime
        state = error == nil ? .delivered : nextTime == nil ? .failed : .pending
    }
}

/// A delivery that waits, with all that sending it takes.
public struct OutgoingNotification: Sendable {
    public let target: NotificationTarget
    public let delivery: NotificationDelivery
    /// JSON, the same for each attempt.
    public let body: [UInt8]

    public init(target: NotificationTarget, delivery: NotificationDelivery, body: [UInt8]) {
        self.target = target
        self.delivery = delivery
        self.body = body
    }
}

/// A delivery to be made of a change of a run.
public struct NewNotification: Sendable {
    let target: NotificationTarget
    let change: RunChangeStore.Change
    let event: NotificationEvent
    let body: [UInt8]

    public init(
        to target: NotificationTarget, of change: RunChangeStore.Change, event: NotificationEvent, body: [UInt8]
    ) {
        self.target = target
        self.change = change
        self.event = event
        self.body = body
    }
}
