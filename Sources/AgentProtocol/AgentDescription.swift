public import TaskModel

/// The id that an agent chose for itself and keeps. An agent on another host has 1 to 63 lower-case letters, digits and dashes.
public struct AgentID: Sendable, Hashable {
    public let text: String

    public init(_ text: String) {
        self.text = text
    }
}

extension AgentID: CustomStringConvertible {
    public var description: String { text }
}

/// What an agent says of itself.
public struct AgentDescription: Sendable, Hashable {
    public let id: AgentID
    public let pool: String
    /// The registry whose pool that is; nil for one of the server's.
    public let registry: String?
    public let host: String
    public let slots: Int
    public let version: String
    /// What people want to know it by. Letters, digits, `-`, `_`, `.` and `/`, at most 63 each.
    public let labels: [String: String]

    public init(
        id: AgentID, pool: String, registry: String? = nil, host: String, slots: Int, version: String,
        labels: [String: String] = [:]
    ) {
        self.id = id
        self.pool = pool
        self.registry = registry
        self.host = host
        self.slots = slots
        self.version = version
        self.labels = labels
    }

    public var poolID: PoolID { PoolID(registry: registry, name: pool) }
}

/// How an agent is, told every ``LeaseTerms/renewEvery``.
public struct AgentReport: Sendable, Hashable {
    /// Why it takes no run, for people: its disk is full, its daemon does not answer. Nil if it does.
    public let obstacle: String?
    /// Whether it was told to stop, and only ends what it has.
    public let isStopping: Bool
    /// Runs that it carries out.
    public let running: Int

    public init(obstacle: String? = nil, isStopping: Bool = false, running: Int = 0) {
        self.obstacle = obstacle
        self.isStopping = isStopping
        self.running = running
    }
}

/// What the server wants of an agent.
public struct AgentOrders: Sendable, Hashable {
    /// Whether it is to take no new run, for as long as this is said. The server gives it none either.
    public let isDraining: Bool

    public init(isDraining: Bool = false) {
        self.isDraining = isDraining
    }
}
