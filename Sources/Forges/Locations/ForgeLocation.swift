public import TaskModel

/// A repository on a forge, and where that forge is asked about it.
public struct ForgeLocation: Sendable, Hashable {
    public let kind: ForgeKind
    public let repository: RepositoryName
    /// The base of the forge's API, without a slash at the end; of Azure Repos with the organization, of Azure DevOps Server with the
    /// collection.
    public let api: String
    /// As the API spells it: `owner`, `name`; `group`, …, `name`; `project`, `name`; `KEY`, `name`.
    let path: [String]

    /// - Parameters:
    ///   - api: as configured.
    ///   - webPort: of the server's https, where it is configured.
    init?(_ url: GitURL, host: String, kind: ForgeKind, api: String?, webPort: UInt16?) {
        let scheme = url.transport == .http ? "http" : "https"
        let repository = RepositoryName(url, host: host, forge: kind)
        let port = url.transport == .ssh ? webPort : url.port
        let origin = "\(scheme)://\(repository.host)" + (port.map { ":\($0)" } ?? "")
        let base = api ?? WellKnownHosts.api(of: kind, host: repository.host, origin: origin)
        switch kind {
        case .azureRepos:
            let azure = AzurePath(url)
            guard azure.isWhole else { return nil }
            path = [azure.project, azure.repository]
            self.api = api ?? ([base] + azure.collection.map(\.asPathSegment)).joined(separator: "/")
        case .bitbucketDataCenter:
            let dataCenter = DataCenterPath(url)
            path = [dataCenter.key, dataCenter.name]
            self.api = api ?? ([base] + dataCenter.context.map(\.asPathSegment) + ["rest"]).joined(separator: "/")
        case .gitHub, .bitbucket:
            path = Array(url.segments.prefix(2))
            self.api = base
        case .gitea:
            path = Array(url.segments.suffix(2))
            let context = url.segments.dropLast(2).map { "/" + $0.asPathSegment }.joined()
            self.api = api ?? WellKnownHosts.api(of: kind, host: repository.host, origin: origin + context)
        case .gitLab:
            // It may live below a path of its host, which only the configuration tells.
            let context = GitURL(base)?.segments.dropLast(2) ?? []
            let segments =
                url.segments.starts(with: context) ? url.segments.dropFirst(context.count) : url.segments[...]
            path = Array(segments.prefix { $0 != "-" })
            self.api = base
        }
        guard path.count >= 2, path.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.kind = kind
        self.repository = repository
    }

    /// For messages.
    public var name: String { path.joined(separator: "/") }
}

extension String {
    /// Percent-escaped, so that it is one segment of a path and nothing else.
    var asPathSegment: String {
        utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                String(UnicodeScalar(byte))
            default: "%" + [byte].hexadecimal.uppercased()
            }
        }.joined()
    }
}
