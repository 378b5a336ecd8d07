import CurlHTTP

extension GitReference {
    /// Scheme, host and port as an `AddressPolicy` names them: `https://host:8443`, `ssh://host`.
    public var origin: String {
        HTTPOrigin(url: remote)?.description ?? SSHAddress(remote)?.origin ?? remote
    }

    /// `host[:port]` of an http or https remote, as ``GitAccess/credentials`` has it; nil for others.
    public var httpHost: String? {
        HTTPOrigin(url: remote).map { String($0.description.dropFirst($0.scheme.utf8.count + 3)) }
    }
}
