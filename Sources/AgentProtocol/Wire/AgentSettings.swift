/// What the server's configuration says that concerns its agents, so that they need none of their own. Missing limits are the defaults.
public struct AgentSettings: Codable, Sendable, Hashable {
    /// Who may be connected to: see `AddressPolicy` for the three.
    public struct Addresses: Codable, Sendable, Hashable {
        public var allowedNetworks: [String]?
        public var allowedOrigins: [String]?
        public var refusedNetworks: [String]?

        public init(allowedNetworks: [String], allowedOrigins: [String], refusedNetworks: [String]) {
            self.allowedNetworks = allowedNetworks
            self.allowedOrigins = allowedOrigins
            self.refusedNetworks = refusedNetworks
        }
    }

    public struct Endpoint: Codable, Sendable, Hashable {
        /// `host[:port]` as image names spell it.
        public var loginServer: String
        /// `http://` or `https://` and `host[:port]`.
        public var url: String

        public init(loginServer: String, url: String) {
            self.loginServer = loginServer
            self.url = url
        }
    }

    /// For build contexts.
    public var sources: Addresses?
    /// For registries.
    public var registries: Addresses?
    public var endpoints: [Endpoint]?
    /// Login services that passwords may go to.
    public var tokenRealms: [String]?
    /// PEM: what is trusted besides the host's own certificates.
    public var certificates: String?
    /// PEM: what is trusted of registries besides that.
    public var registryCertificates: String?
    public var logBytes: Int64?
    public var contextPackedBytes: Int64?
    public var contextUnpackedBytes: Int64?
    public var contextEntries: Int?
    public var gitCacheBytes: Int64?
    /// Of the pool's build cache.
    public var cacheBytes: Int64?
    public var cacheAgeSeconds: Int64?
    /// How often to tell how the agent is.
    public var heartbeatSeconds: Int64?

    public init() {}
}
