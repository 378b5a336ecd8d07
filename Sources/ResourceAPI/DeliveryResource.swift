/// Ours: what a forge or a registry sent to a hook, and what became of it (`GET P/triggerDeliveries`).
public struct DeliveryResource: Codable, Sendable, Hashable {
    public var id: String
    /// `github`, `gitlab`, …, `distribution`, `harbor`, …
    public var kind: String?
    /// Missing for a hook of the registry itself.
    public var task: String?
    /// The name of the source trigger, or of the registry's hook.
    public var trigger: String?
    /// The sender's own id of it.
    public var deliveryId: String?
    public var time: Timestamp?
    /// `pending`, `done` or `failed`.
    public var state: String?
    /// How often it was tried in vain.
    public var attempts: Int?
    public var nextAttemptTime: Timestamp?
    /// What became of it, for people.
    public var outcome: String?
    public var runs: [String]?
    public var approvedCommit: String?
    /// One delivery alone, for those who write tasks: what it says.
    public var headers: [String: String]?
    public var body: String?

    public init(id: String) {
        self.id = id
    }
}

/// Ours: the body of `POST P/triggerDeliveries/ID/approve`.
public struct DeliveryApproval: Codable, Sendable, Hashable {
    /// The whole id of the commit that may run.
    public var commit: String

    public init(commit: String) {
        self.commit = commit
    }
}

/// What the sender of a delivery is answered.
public struct DeliveryAnswer: Codable, Sendable, Hashable {
    public var id: String
    public var state: String
    public var outcome: String?
    /// Of one that came before: those that it started.
    public var runs: [String]?

    public init(id: String, state: String, outcome: String? = nil, runs: [String]? = nil) {
        self.id = id
        self.state = state
        self.outcome = outcome
        self.runs = runs
    }
}
