public import TaskModel

/// A URL that is told how runs of a registry go (`P/notifications/NAME`). It is ours: the Azure API has none.
public struct NotificationResource: Codable, Sendable, Hashable {
    public var name: String?
    /// Answers have it without user info and query, where secrets may be.
    public var url: String?
    /// What deliveries are signed with. Answers have it only if it was just set, and those of `listDetails`.
    public var secret: Secret?
    /// `queued`, `started`, `finished`; if missing, the last two.
    public var events: [String]?
    /// Patterns of names of tasks: `*` and `?`. If missing, all runs are meant, those of no task as well.
    public var tasks: [String]?
    /// How a run must have ended to be told of as finished; if missing, in any way.
    public var statuses: [String]?
    /// `Enabled` or `Disabled`.
    public var status: String?
    /// Why the server has disabled it, for people.
    public var problem: String?
    public var createTime: Timestamp?

    public init() {}
}

/// Something that a target was told, or is to be told (`P/notifications/NAME/deliveries`).
public struct NotificationDeliveryResource: Codable, Sendable, Hashable {
    /// What `X-Slipway-Delivery` says, the same for each attempt.
    public var id: String
    /// `queued`, `started`, `finished`, `ping`.
    public var event: String
    public var run: String?
    public var createTime: Timestamp
    /// `pending`, `delivered`, `failed`.
    public var state: String
    public var attempts: Int
    public var nextTime: Timestamp?
    public var lastTime: Timestamp?
    /// The HTTP status of the last answer.
    public var lastStatus: Int?
    /// Why the last attempt failed, for people.
    public var lastError: String?

    public init(id: String, event: String, createTime: Timestamp, state: String, attempts: Int) {
        self.id = id
        self.event = event
        self.createTime = createTime
        self.state = state
        self.attempts = attempts
    }
}

/// What is posted to a target.
public struct NotificationMessage: Codable, Sendable, Hashable {
    /// `queued`, `started`, `finished`, `ping`.
    public var event: String
    /// When it happened.
    public var time: Timestamp
    /// The registry's name.
    public var registry: String
    /// What the run came to then. ``run`` may have gone on since.
    public var status: String?
    /// As `GET P/runs/ID` shows it.
    public var run: RunResource?

    public init(event: String, time: Timestamp, registry: String, status: String? = nil, run: RunResource? = nil) {
        self.event = event
        self.time = time
        self.registry = registry
        self.status = status
        self.run = run
    }
}
