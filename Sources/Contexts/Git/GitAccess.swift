public import CurlHTTP
public import TaskModel

/// How git servers are reached, and with what.
public struct GitAccess: Sendable {
    /// For https, and for http from the origins that its address policy names. Its policy holds for ssh as well.
    public var client: HTTPClient
    /// By host, or `host:port`, lower case. They win over those in a URL.
    public var credentials: [String: Credential]
    /// A private key in PEM or OpenSSH form, without a passphrase; nil if ssh is not used.
    public var sshKey: Secret?
    /// Lines of a `known_hosts` file. A host without one is refused.
    public var knownHosts: String
    /// Whether the logins are for submodules too. What strangers wrote may name any repository as one.
    public var logsInToSubmodules = true
    public var limits: ContextLimits
    /// What the mirrors of one pool may take on the disk. Those in use come on top.
    public var cacheBytes: Int64

    public init(
        client: HTTPClient, credentials: [String: Credential] = [:], sshKey: Secret? = nil, knownHosts: String = "",
        limits: ContextLimits = ContextLimits(), cacheBytes: Int64 = 20 << 30
    ) {
        self.client = client
        self.credentials = credentials
        self.sshKey = sshKey
        self.knownHosts = knownHosts
        self.limits = limits
        self.cacheBytes = cacheBytes
    }

    /// The credentials for a reference: configured ones for its host, or else its own.
    func credential(for reference: GitReference, host: String, port: String) -> Credential? {
        let host = host.lowercased()
        guard let configured = credentials[host + port] ?? credentials[host] else { return reference.credential }
        guard configured.username.isEmpty else { return configured }
        return Credential(username: reference.user ?? "dummy", password: configured.password)
    }

    /// The same without any login.
    var withoutLogins: GitAccess {
        var access = self
        access.credentials = [:]
        access.sshKey = nil
        return access
    }

    func allows(plainOrigin origin: HTTPOrigin) -> Bool {
        client.configuration.addressPolicy?.allowedOrigins.contains(origin.description) ?? false
    }
}
