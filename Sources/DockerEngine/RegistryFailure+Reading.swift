extension RegistryFailure {
    /// Sorts what a daemon says about a registry it asked: the texts of docker 20.10 and, as far as they are public
    /// knowledge, of newer ones.
    init(reading message: String) {
        let text = message.lowercased()
        func has(_ signs: [String]) -> Bool { signs.contains { text.contains($0) } }
        // Certificates first: such a message holds the request, too.
        if has(["x509:", "server gave http response to https client", "tls: "]) {
            self = .other(
                message
                    + ". See the daemon's own settings for that registry (insecure-registries, /etc/docker/certs.d).")
        } else if has(Self.noConnection) || (text.contains("dial ") && text.contains("timeout")) {
            self = .unreachable(message)
        } else if has(Self.passing) || Self.holdsServerError(text) {
            self = .temporary(message)
        } else if has(Self.refusals) {
            self = .denied(message)
        } else if has(Self.absences) {
            self = .notFound(message)
        } else {
            self = .other(message)
        }
    }

    private static let noConnection = [
        "connection refused", "no such host", "no route to host", "network is unreachable", "server misbehaving",
        "host is down", "temporary failure in name resolution", "while waiting for connection",
    ]

    private static let passing = [
        "toomanyrequests", "429 too many requests", "408 request timeout", "connection reset", "broken pipe",
        "unexpected eof", ": eof",
        "tls handshake timeout", "i/o timeout", "timeout awaiting response headers", "while awaiting headers",
        "connection timed out",
        "server closed", "use of closed network connection", "deadline exceeded",
    ]

    private static let refusals = [
        "401 unauthorized", "403 forbidden", "unauthorized:", ": unauthorized", "denied:", "access denied",
        "access forbidden",
        "authentication required", "authorization failed", "no basic auth credentials", "insufficient_scope",
        "failed to authorize",
        "incorrect username or password", "access to the resource is denied",
    ]

    private static let absences = [
        "404 not found", "manifest unknown", "name unknown", "not found", "does not exist", "repository name not known",
    ]

    /// Whether a status from 500 to 599 stands in the text where these messages put one.
    private static func holdsServerError(_ text: String) -> Bool {
        if text.contains("500 internal server error") || text.contains("bad gateway")
            || text.contains("service unavailable")
            || text.contains("gateway timeout")
        {
            return true
        }
        return ["http status: 5", "status code 5", "unexpected status: 5", "]: 5"].contains { text.contains($0) }
    }
}
