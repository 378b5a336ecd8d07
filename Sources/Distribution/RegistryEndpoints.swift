public import TaskModel
import CurlHTTP

/// Where registries are reached.
public struct RegistryEndpoints: Sendable {
    private let known: @Sendable (String) -> String?
    /// By login server: what logs in at the endpoint, whatever credential the caller has for the login server.
    private var logins: [String: Credential?] = [:]

    /// - Parameter known: the URL (`scheme://host[:port]`) for a registry as image names spell it; nil for the usual
    ///   rule: https, for names of the machine itself (`localhost`, `127.0.0.0/8`) https and then http, as docker does.
    public init(_ known: @escaping @Sendable (String) -> String? = { _ in nil }) {
        self.known = known
    }

    /// Uses the endpoints of configured registries. What is behind a gateway knows nothing of the logins that the
    /// gateway accepts, so the registry's own credential is used there in place of a caller's.
    public init(_ registries: [Registry]) {
        let endpoints = Dictionary(
            registries.map { ($0.loginServer.lowercased(), $0.endpoint) }, uniquingKeysWith: { first, _ in first })
        self.init { endpoints[$0.lowercased()] }
        for registry in registries where registry.gateway {
            logins[registry.loginServer.lowercased()] = .some(registry.credential)
        }
    }

    /// What logs in at the registry, given the credential that the caller has.
    func credential(for registry: String, given: Credential?) -> Credential? {
        if case .some(let login) = logins[registry.lowercased()] { return login }
        return given
    }

    /// URLs to try in this order, without a slash at the end.
    func candidates(for registry: String) -> [String] {
        if let url = known(registry) { return [url.hasSuffix("/") ? String(url.dropLast()) : url] }
        // The API of the public registry lives under another name than its images.
        let host = registry == ImageReference.dockerHub ? "registry-1.docker.io" : registry
        let secure = "https://" + host
        return HTTPOrigin(url: secure)?.isLoopback == true ? [secure, "http://" + host] : [secure]
    }
}
