import CurlHTTP
import TaskModel

/// Where build contexts may come from, and the logins for it.
struct SourceSettings: Sendable {
    /// Which addresses may be connected to for a source. An origin in ``AddressPolicy/allowedOrigins`` may also be
    /// plain http.
    let addresses: AddressPolicy
    /// Logins for git over https by `host[:port]`, lower case, port 443 left out.
    let git: [String: Credential]
    /// What git over ssh needs; nil if it is not set up.
    let ssh: SSHSettings?
}

/// Files for git over ssh, both absolute and readable.
struct SSHSettings: Sendable, Equatable {
    let privateKeyFile: String
    let knownHostsFile: String
}

extension SourceSettings {
    init(_ values: SettingValues) throws(ConfigurationError) {
        addresses = try values.addressPolicy()
        git = try values.gitLogins()
        ssh = try values.ssh()
    }
}

/// Metadata services of clouds: whoever reads them has the rights of the machine.
private let metadataAddresses = ["169.254.169.254", "100.100.100.200", "192.0.0.192", "fd00:ec2::254"].compactMap(
    IPAddress.init)
private let metadataHosts: Set<String> = ["metadata.google.internal", "metadata.goog", "metadata", "instance-data"]

private enum AllowedSource {
    case origin(scheme: String, HostAndPort)
    case network(Network)

    init?(_ text: String) {
        if let network = Network(text) {
            self = .network(network)
        } else if let origin = parseOrigin(text, schemes: ["http", "https", "ssh"]) {
            self = .origin(scheme: origin.scheme, origin.authority)
        } else {
            return nil
        }
    }

    var reachesMetadata: Bool {
        switch self {
        case .network(let network): metadataAddresses.contains { network.contains($0) }
        case .origin(_, let authority):
            metadataHosts.contains(authority.host) || IPAddress(authority.host).map(metadataAddresses.contains) ?? false
        }
    }
}

extension SettingValues {
    fileprivate func addressPolicy() throws(ConfigurationError) -> AddressPolicy {
        let allowsMetadata = try bool("sources.allowMetadata")
        var policy = AddressPolicy()
        let expected = "scheme://host[:port] with http, https or ssh and no path, or a network such as 127.0.0.0/8"
        for (index, source) in try readList("sources.allow", expected: expected, AllowedSource.init).enumerated() {
            if source.reachesMetadata, !allowsMetadata {
                let path = "sources.allow[\(index)]"
                throw .invalid(
                    place(path), value: value(path)?.text,
                    expected: """
                        without the metadata service of a cloud, which gives out this machine's own credentials; \
                        name smaller networks, or set sources.allowMetadata to true
                        """)
            }
            switch source {
            case .network(let network): policy.allowed.append(network)
            case .origin(let scheme, let authority): policy.allowedOrigins.insert(originText(scheme: scheme, authority))
            }
        }
        policy.refused += try readList(
            "sources.deny", expected: "a network such as 10.0.0.0/8, or an address", Network.init)
        return policy
    }

    fileprivate func gitLogins() throws(ConfigurationError) -> [String: Credential] {
        var logins: [String: Credential] = [:]
        for index in 0..<count("sources.git") {
            let path = "sources.git[\(index)]"
            let host = try require("\(path).host", expected: "host[:port], as in git.example.com", HostAndPort.init)
            let key = HostAndPort(host: host.host, port: host.port == 443 ? nil : host.port).description
            guard logins[key] == nil else {
                throw .invalid(
                    place("\(path).host"), value: host.description, expected: "a host that is named only once")
            }
            logins[key] = try gitCredential(at: path)
        }
        return logins
    }

    private func gitCredential(at path: String) throws(ConfigurationError) -> Credential {
        let files = ["passwordFile", "tokenFile"]
        if let credential = isGiven("\(path).username") ? try credential(at: path, files: files) : nil {
            return credential
        }
        guard let secret = try secret("\(path).password", files: files.map { "\(path).\($0)" }) else {
            throw .missing(place("\(path).password"), expected: "a password or token, or tokenFile a file with it")
        }
        // GitLab wants this name with some kinds of token; the others take any name.
        return Credential(username: "oauth2", password: secret)
    }

    fileprivate func ssh() throws(ConfigurationError) -> SSHSettings? {
        let names = ["privateKeyFile", "knownHostsFile"].map { "sources.ssh.\($0)" }
        guard names.contains(where: isGiven) else { return nil }
        var files: [String] = []
        for name in names {
            _ = try contents(name, limit: 16 << 20)
            guard let file = try path(name) else {
                throw .missing(place(name), expected: "a file, as git over ssh needs both a key and the hosts' keys")
            }
            files.append(file)
        }
        return SSHSettings(privateKeyFile: files[0], knownHostsFile: files[1])
    }

    func proxy(environment: [String: String]) throws(ConfigurationError) -> ProxySettings {
        let isGiven = isGiven("proxy.http") || isGiven("proxy.https") || count("proxy.except") > 0
        guard isGiven else { return ProxySettings(environment: environment) }
        let expected = "http:// or https:// and host:port, perhaps with user:password@ before the host"
        func url(_ path: String) throws(ConfigurationError) -> String? {
            try read(path, expected: expected) { text in
                var bare = text
                if let at = text.lastIndex(of: "@"), let scheme = text.firstRange(of: "://"), scheme.upperBound <= at {
                    bare = String(text[..<scheme.upperBound] + text[text.index(after: at)...])
                }
                return parseOrigin(bare, schemes: ["http", "https"]) == nil ? nil : text
            }
        }
        let except = try readList("proxy.except", expected: "a host, a domain, a network or *") { text in
            text.isEmpty || text.contains(" ") ? nil : text
        }
        return ProxySettings(http: try url("proxy.http"), https: try url("proxy.https"), except: except)
    }
}
