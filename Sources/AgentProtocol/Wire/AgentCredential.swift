public import TaskModel

/// What an agent shows to the server: `Authorization: Bearer KIND.ID.SECRET`.
public struct AgentCredential: Sendable, Hashable {
    public enum Kind: String, Sendable {
        /// A pool's join token: lets an agent become known.
        case join
        /// An agent's own key.
        case agent
    }

    public let kind: Kind
    /// Of the token, or of the agent.
    public let id: String
    public let secret: Secret

    public init(_ kind: Kind, id: String, secret: Secret) {
        self.kind = kind
        self.id = id
        self.secret = secret
    }

    /// Reads what ``text`` writes; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let parts = String(text).split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let kind = Kind(rawValue: parts[0]), AgentPaths.isAgentID(parts[1]), !parts[2].isEmpty
        else { return nil }
        self.init(kind, id: parts[1], secret: Secret(parts[2]))
    }

    public var text: Secret { Secret("\(kind.rawValue).\(id).\(secret.value)") }

    /// 256 random bits in hexadecimal.
    public static func randomSecret() -> Secret {
        var generator = SystemRandomNumberGenerator()
        return Secret((0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }.hexadecimal)
    }
}
