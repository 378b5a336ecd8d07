public import TaskModel

/// The id that an agent chose for itself and keeps.
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

    public init(id: AgentID, pool: String, registry: String? = nil, host: String, slots: Int, version: String) {
        self.id = id
        self.pool = pool
        self.registry = registry
        self.host = host
        self.slots = slots
        self.version = version
    }

    public var poolID: PoolID { PoolID(registry: registry, name: pool) }
}
