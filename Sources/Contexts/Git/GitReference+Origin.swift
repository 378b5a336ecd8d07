import CurlHTTP
public import TaskModel

extension GitReference {
    /// Scheme, host and port as an `AddressPolicy` names them: `https://host:8443`, `ssh://host`.
    public var origin: String {
        HTTPOrigin(url: remote)?.description ?? SSHAddress(remote)?.origin ?? remote
    }

    /// `host[:port]` of an http or https remote, as ``GitAccess/credentials`` has it; nil for others.
    public var httpHost: String? {
        HTTPOrigin(url: remote).map { String($0.description.dropFirst($0.scheme.utf8.count + 3)) }
    }

    public var isOverSSH: Bool { SSHAddress(remote) != nil }

    /// Of ``GitAccess/credentials`` those that this repository may be fetched with.
    public func logins(among credentials: [String: Credential]) -> [String: Credential] {
        guard httpHost != nil, let url = SourceURL(remote) else { return [:] }
        let host = url.host.lowercased()
        return credentials.filter { $0.key == host || $0.key == host + url.port }
    }
}
