public import Foundation
public import TaskModel

/// What a forge or a registry sent to a hook, as the ledger has it.
public struct Delivery: Sendable, Hashable {
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// It is still to be worked on.
        case pending
        case done
        /// It was given up.
        case failed
    }

    public let id: Int64
    /// The hook's id.
    public let hook: String
    public let kind: HookKind
    public let registry: String
    /// Empty for a hook of a registry.
    public let task: String
    public let trigger: String
    /// The sender's own id of it, or a digest of its body.
    public let deliveryID: String
    /// When it came.
    public let time: Date
    public let state: State
    /// How often it was worked on in vain.
    public let attempts: Int
    /// When it is worked on; nil when that is over.
    public let nextTime: Date?
    /// What became of it, or why it waits, for people.
    public let outcome: String?
    /// The ids of the runs that it started.
    public let runs: [String]
    /// The commit of a stranger that somebody let run.
    public let approvedCommit: String?
    /// Another one after each replay: what became of it before counts no more.
    public let version: Int64

    public init(
        id: Int64, hook: String, kind: HookKind, registry: String, task: String, trigger: String, deliveryID: String,
        time: Date, state: State = .pending, attempts: Int = 0, nextTime: Date? = nil, outcome: String? = nil,
        runs: [String] = [], approvedCommit: String? = nil, version: Int64 = 0
    ) {
        self.id = id
        self.hook = hook
        self.kind = kind
        self.registry = registry
        self.task = task
        self.trigger = trigger
        self.deliveryID = deliveryID
        self.time = time
        self.state = state
        self.attempts = attempts
        self.nextTime = nextTime
        self.outcome = outcome
        self.runs = runs
        self.approvedCommit = approvedCommit
        self.version = version
    }
}

/// A delivery that has just come.
public struct NewDelivery: Sendable {
    public let hook: Hook
    public let deliveryID: String
    /// Without those that prove who sent it.
    public let headers: [String: String]
    public let body: [UInt8]

    /// - Parameter headers: by name in lower case. Those that prove who sent it are left out.
    public init(to hook: Hook, deliveryID: String, headers: [String: String], body: [UInt8]) {
        self.hook = hook
        self.deliveryID = deliveryID
        self.headers = headers.filter { !Self.isProof($0.key) }
        self.body = body
    }

    private static func isProof(_ name: String) -> Bool {
        ["authorization", "signature", "token", "secret", "cookie", "password"].contains { name.contains($0) }
    }
}

/// What a delivery says.
public struct DeliveryContent: Sendable, Hashable {
    public let headers: [String: String]
    public let body: [UInt8]
}
