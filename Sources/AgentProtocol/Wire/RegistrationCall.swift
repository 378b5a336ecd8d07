public import TaskModel

/// `POST /agent/v1/agents`, with a join token or the agent's key.
public struct RegistrationRequest: Codable, Sendable {
    public var id: String
    public var pool: String
    public var host: String
    public var slots: Int
    public var version: String
    public var labels: [String: String]?
    /// With a join token: the key that the agent made for itself. It is the agent's to make, so that the same call again after an answer
    /// that got lost is the same registration.
    public var key: Secret?

    public init(_ agent: AgentDescription, key: Secret?) {
        id = agent.id.text
        pool = agent.pool
        host = agent.host
        slots = agent.slots
        version = agent.version
        labels = agent.labels
        self.key = key
    }

    /// - Parameter pool: the one that the agent belongs to.
    public func agent(in pool: PoolID) -> AgentDescription {
        AgentDescription(
            id: AgentID(id), pool: pool.name, registry: pool.registry, host: host, slots: slots, version: version,
            labels: labels ?? [:])
    }
}

/// The answer to it.
public struct RegistrationAnswer: Codable, Sendable {
    public var settings: AgentSettings?

    public init(settings: AgentSettings) {
        self.settings = settings
    }
}
