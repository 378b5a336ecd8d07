public import struct Foundation.Date
public import TaskModel

/// An agent on another host, as the store knows it.
public struct AgentRecord: Sendable, Hashable {
    public let id: String
    public let pool: PoolID
    public let host: String
    public let slots: Int
    public let labels: [String: String]
    public let version: String
    /// Whether it is to take no new run.
    public let isDraining: Bool
    public let createTime: Date
    /// When it registered last.
    public let lastSeenTime: Date

    public init(
        id: String, pool: PoolID, host: String, slots: Int, labels: [String: String], version: String,
        isDraining: Bool = false, createTime: Date, lastSeenTime: Date
    ) {
        self.id = id
        self.pool = pool
        self.host = host
        self.slots = slots
        self.labels = labels
        self.version = version
        self.isDraining = isDraining
        self.createTime = createTime
        self.lastSeenTime = lastSeenTime
    }
}

/// What lets agents join a pool.
public struct JoinToken: Sendable, Hashable {
    public let id: String
    public let pool: PoolID
    public let createTime: Date
    /// The id of a principal.
    public let createdBy: String
    /// Nil for one that is good until it is revoked.
    public let endTime: Date?
    public let isRevoked: Bool
    /// How many agents joined with it.
    public let uses: Int
    public let lastUseTime: Date?

    public func isGood(at now: Date) -> Bool {
        !isRevoked && endTime.map { $0 > now } ?? true
    }
}

/// Why an agent may not join or work.
public enum AgentStoreError: Error, Equatable, CustomStringConvertible {
    /// There is an agent of that id with another key.
    case exists(String)
    case agentNotFound(String)
    case tokenNotFound(String)

    public var description: String {
        switch self {
        case .exists(let id):
            "There is an agent '\(id.escapedForDisplay)' already. Take another --name, or remove that one ('slipway pool agent remove \(id.escapedForDisplay)')."
        case .agentNotFound(let id): "There is no agent '\(id.escapedForDisplay)'."
        case .tokenNotFound(let id): "There is no join token '\(id.escapedForDisplay)'."
        }
    }
}
