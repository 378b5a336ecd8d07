import CurlHTTP
import Forges
import TaskModel

extension SettingValues {
    /// Forges of one's own.
    ///
    /// - Parameter allowed: origins that may be plain http.
    func forges(allowing allowed: Set<String>) throws(ConfigurationError) -> [ForgeHost] {
        var forges: [ForgeHost] = []
        for index in 0..<count("forges") {
            let path = "forges[\(index)]"
            let given = try require("\(path).host", expected: "host[:port], as in git.example.com", HostAndPort.init)
            let host = HostAndPort(host: given.host, port: given.port == 443 ? nil : given.port).description
            if let other = forges.firstIndex(where: { $0.host == host }) {
                throw .invalid(
                    place("\(path).host"), value: host, expected: "another host than that of forges[\(other)]")
            }
            let kinds = ForgeKind.allCases.map(\.rawValue).joined(separator: ", ")
            let kind = try require("\(path).kind", expected: "one of \(kinds)", ForgeKind.init(rawValue:))
            let api = try read(
                "\(path).api", expected: "https://host[:port][/path], as in https://git.example.com/api/v4"
            ) {
                HTTPOrigin(url: $0) != nil && !$0.contains("@") && !$0.contains("?") && !$0.contains("#") ? $0 : nil
            }
            if let api, let origin = HTTPOrigin(url: api), origin.scheme != "https", !origin.isLoopback,
                !allowed.contains(origin.description)
            {
                throw .invalid(
                    place("\(path).api"), value: api,
                    expected:
                        "https://, as tokens go there; to use http even so, add \(origin) to sources.allow")
            }
            forges.append(ForgeHost(host: host, kind: kind, api: api.map(Self.withoutSlash)))
        }
        return forges
    }

    /// Whether hooks are made at forges: where `publicURL` is given, unless it is said.
    func makesHooks() throws(ConfigurationError) -> Bool {
        isGiven("triggers.hooks") ? try bool("triggers.hooks") : isGiven("publicURL")
    }

    /// Between two looks at a repository.
    func pollInterval() throws(ConfigurationError) -> Duration {
        let least = try bool("triggers.allowShort") ? 1 : 30
        return try duration("triggers.pollInterval", in: least...86_400)
    }

    /// Linked from the statuses of commits.
    func statusPage() throws(ConfigurationError) -> StatusPage? {
        try read(
            "triggers.statusURL",
            expected: "https://host/path with {run} in it, as in https://ci.example.com/{registry}/{run}",
            StatusPage.init)
    }

    private static func withoutSlash(_ url: String) -> String { url.hasSuffix("/") ? String(url.dropLast()) : url }
}

extension ServerConfiguration {
    /// Which addresses the server may connect to as a client of forges: besides what ``SourceSettings/addresses`` allows, those that are
    /// configured, wherever they are.
    var forgeAddresses: AddressPolicy {
        var policy = sources.addresses
        for forge in forges {
            var urls = [forge.api ?? "https://\(forge.host)", "https://\(forge.host)"]
            if HostAndPort(forge.host)?.isLoopback == true { urls.append("http://\(forge.host)") }
            policy.allowedOrigins.formUnion(urls.compactMap { HTTPOrigin(url: $0)?.description })
        }
        return policy
    }
}
