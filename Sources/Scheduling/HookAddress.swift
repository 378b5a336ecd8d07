/// Where forges reach this server.
public struct HookAddress: Sendable, Hashable {
    /// `https://host[:port]`
    public let server: String
    /// Whether hooks are made at forges: not where nobody said that they reach that URL.
    public let makesHooks: Bool

    public init(server: String, makesHooks: Bool) {
        self.server = server
        self.makesHooks = makesHooks
    }
}
