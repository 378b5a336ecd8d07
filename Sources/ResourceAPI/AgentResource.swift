/// Ours: an agent of a pool (`GET P/agentPools/N/agents`). Every field but the id may be missing.
public struct AgentResource: Codable, Sendable, Hashable {
    public var id: String
    public var pool: String?
    /// `connected`, `busy`, `draining`, `unreachable` or `unhealthy`.
    public var state: String?
    /// Why it takes no run, for people.
    public var reason: String?
    /// How many runs it carries out, and how many it could.
    public var running: Int?
    public var slots: Int?
    public var labels: [String: String]?
    public var version: String?
    public var host: String?
    /// How long ago something was heard of it.
    public var silentSeconds: Int64?

    public init(id: String) {
        self.id = id
    }
}

/// Ours: what lets agents join a pool (`GET P/agentPools/N/joinTokens`).
public struct JoinTokenResource: Codable, Sendable, Hashable {
    public var id: String
    public var pool: String?
    public var createTime: Timestamp?
    /// The id of a principal.
    public var createdBy: String?
    /// Missing for one that is good until it is revoked.
    public var endTime: Timestamp?
    public var isRevoked: Bool?
    /// How many agents joined with it.
    public var uses: Int?
    public var lastUseTime: Timestamp?
    /// The token itself; only in the answer that made it.
    public var token: String?

    public init(id: String) {
        self.id = id
    }
}

/// Ours: the body of `POST P/agentPools/N/joinTokens`.
public struct JoinTokenRequest: Codable, Sendable, Hashable {
    /// Missing for one that is good until it is revoked.
    public var expiresInSeconds: Int64?

    public init(expiresInSeconds: Int64? = nil) {
        self.expiresInSeconds = expiresInSeconds
    }

    /// - Throws: ``InvalidRequest`` for a time that no token can have.
    public func lifetime(atMost longest: Duration) throws(InvalidRequest) -> Duration? {
        guard let seconds = expiresInSeconds else { return nil }
        guard (1...longest.components.seconds).contains(seconds) else {
            throw InvalidRequest(
                code: "InvalidParameter",
                message: "A join token can't be good for \(seconds) s: use 1 to \(longest.components.seconds).",
                target: "expiresInSeconds")
        }
        return .seconds(seconds)
    }
}
