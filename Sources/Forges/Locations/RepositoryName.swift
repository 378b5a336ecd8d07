public import TaskModel

/// Which repository a URL means, however it is written: over https or ssh, with or without `.git`, a login, a port.
public struct RepositoryName: Sendable, Hashable {
    /// `host[:port]` in lower case.
    public let server: String
    /// As far as it tells repositories of the server from one another; in lower case where the forge does not look at it.
    public let path: [String]

    let host: String
    let port: UInt16?
    let isSSH: Bool

    /// Nil for what is no URL of a repository.
    ///
    /// - Parameter forge: the kind of the server; nil for one of which nothing is known but that it speaks git.
    public init?(_ url: String, on forge: ForgeKind? = nil) {
        guard let url = GitURL(url) else { return nil }
        let host = WellKnownHosts.name(of: url.host)
        let forge = forge ?? WellKnownHosts.kind(of: host)
        self.init(url, host: host, forge: forge)
    }

    init(_ url: GitURL, host: String, forge: ForgeKind?) {
        let isCloud = forge == .azureRepos && WellKnownHosts.isAzure(url.host)
        let name = isCloud ? WellKnownHosts.azure : host
        let port = isCloud ? nil : url.port
        self.host = name
        self.port = port
        isSSH = url.transport == .ssh
        server = port.map { "\(name):\($0)" } ?? name
        let path: [String] =
            switch forge {
            case .azureRepos: AzurePath(url).path
            case .bitbucketDataCenter: DataCenterPath(url).path
            case .gitLab, .gitHub, .gitea, .bitbucket, nil: Self.withoutPage(url.segments, on: forge)
            }
        self.path = forge == nil ? path : path.map { $0.lowercased() }
    }

    /// Whether both mean the same repository. The port of ssh says nothing of the one that the server has for https.
    public func isSame(as other: RepositoryName) -> Bool {
        host == other.host && path == other.path && (port == other.port || isSSH || other.isSSH)
    }

    /// What follows the repository in the address of a page: `/-/tree/main`.
    private static func withoutPage(_ segments: [String], on forge: ForgeKind?) -> [String] {
        switch forge {
        case .gitHub?, .bitbucket?: Array(segments.prefix(2))
        // It may live below a path of its host.
        case .gitea?: Array(segments.suffix(2))
        case .gitLab?: Array(segments.prefix { $0 != "-" })
        case .azureRepos?, .bitbucketDataCenter?, nil: segments
        }
    }
}

extension ForgeRepository {
    /// Whether it is the one that a URL means.
    ///
    /// - Parameter forge: the kind of its server.
    public func isSame(as url: String, on forge: ForgeKind) -> Bool {
        guard let wanted = RepositoryName(url, on: forge) else { return false }
        return urls.contains { known in
            // Some name no server.
            if known.hasPrefix("/") {
                return RepositoryName("https://\(wanted.server)\(known)", on: forge)?.path == wanted.path
            }
            return RepositoryName(known, on: forge)?.isSame(as: wanted) ?? false
        }
    }
}
