import CurlHTTP
public import TaskModel

/// A forge of one's own, as it is configured.
public struct ForgeHost: Sendable, Hashable {
    /// `host[:port]` of its repositories over https, lower case, port 443 left out.
    public let host: String
    public let kind: ForgeKind
    /// `https://host[:port]/path` without a slash at the end; nil for the usual place on the host itself.
    public let api: String?

    public init(host: String, kind: ForgeKind, api: String? = nil) {
        self.host = host
        self.kind = kind
        self.api = api
    }
}

/// Tells from the URL of a repository which forge it lives on: the well-known ones, and those that are configured.
public struct ForgeDirectory: Sendable {
    private let hosts: [ForgeHost]
    private let plainOrigins: Set<String>

    /// - Parameter plainOrigins: those that are asked over plain http where a repository's URL says so. Loopback always is.
    public init(_ hosts: [ForgeHost] = [], plainOrigins: Set<String> = []) {
        self.hosts = hosts
        self.plainOrigins = plainOrigins
    }

    /// Nil for a git server that nothing else is known of, and for what is no URL of a repository.
    public func location(of url: String) -> ForgeLocation? {
        guard let url = GitURL(url), mayCarryTokens(url) else { return nil }
        let host = WellKnownHosts.name(of: url.host)
        let configured = hosts.first { $0.host == Self.server(host, url.port) } ?? sshHost(host, url)
        guard let kind = configured?.kind ?? WellKnownHosts.kind(of: host) ?? Self.kind(fromShapeOf: url) else {
            return nil
        }
        return ForgeLocation(url, host: host, kind: kind, api: configured?.api, webPort: Self.port(of: configured))
    }

    private func mayCarryTokens(_ url: GitURL) -> Bool {
        guard url.transport == .http else { return true }
        guard let origin = HTTPOrigin(url: "http://\(Self.server(url.host, url.port))") else { return false }
        return origin.isLoopback || plainOrigins.contains(origin.description)
    }

    /// The port of ssh is not the configured one.
    private func sshHost(_ host: String, _ url: GitURL) -> ForgeHost? {
        guard url.transport == .ssh else { return nil }
        return hosts.first { $0.host.prefix { $0 != ":" } == host }
    }

    /// Some URLs look like those of one kind of forge only.
    private static func kind(fromShapeOf url: GitURL) -> ForgeKind? {
        guard url.transport == .https else { return nil }
        if url.segments.contains(where: { $0.lowercased() == "_git" }), AzurePath(url).isWhole { return .azureRepos }
        return DataCenterPath(url).isWhole && url.segments.contains("scm") ? .bitbucketDataCenter : nil
    }

    private static func server(_ host: String, _ port: UInt16?) -> String { port.map { "\(host):\($0)" } ?? host }

    private static func port(of host: ForgeHost?) -> UInt16? {
        host.flatMap { $0.host.split(separator: ":").dropFirst().last.flatMap { UInt16($0) } }
    }
}
