import TaskModel

/// The forges that everybody knows by their host.
enum WellKnownHosts {
    static let azure = "dev.azure.com"

    /// Hosts that answer ssh for another one.
    private static let others = [
        "ssh.github.com": "github.com", "www.github.com": "github.com", "altssh.gitlab.com": "gitlab.com",
        "altssh.bitbucket.org": "bitbucket.org", "ssh.dev.azure.com": azure, "vs-ssh.visualstudio.com": azure,
    ]

    static func name(of host: String) -> String { others[host] ?? host }

    static func kind(of host: String) -> ForgeKind? {
        switch host {
        case "github.com": .gitHub
        case "gitlab.com": .gitLab
        case "bitbucket.org": .bitbucket
        case "codeberg.org", "gitea.com": .gitea
        case _ where isAzure(host): .azureRepos
        // GitHub's own servers for companies.
        case _ where host.hasSuffix(".ghe.com"): .gitHub
        default: nil
        }
    }

    static func isAzure(_ host: String) -> Bool { host.hasSuffix(azure) || host.hasSuffix(".visualstudio.com") }

    /// Where the API of a server of that kind is.
    ///
    /// - Parameters:
    ///   - host: of a well-known forge, or of any.
    ///   - origin: `scheme://host[:port]`
    static func api(of kind: ForgeKind, host: String, origin: String) -> String {
        switch kind {
        case .gitHub where host == "github.com": "https://api.github.com"
        case .gitHub where host.hasSuffix(".ghe.com"): "https://api.\(host)"
        case .gitHub: "\(origin)/api/v3"
        case .gitLab: "\(origin)/api/v4"
        case .gitea: "\(origin)/api/v1"
        case .bitbucket: host == "bitbucket.org" ? "https://api.bitbucket.org/2.0" : "\(origin)/2.0"
        case .azureRepos, .bitbucketDataCenter: origin
        }
    }
}
