public import TaskModel
import CurlHTTP

/// Where registries are reached.
public struct RegistryEndpoints: Sendable {
    private let known: @Sendable (String) -> String?

    /// - Parameter known: the URL (`scheme://host[:port]`) for a registry as image names spell it; nil for the usual
    ///   rule: https, for names of the machine itself (`localhost`, `127.0.0.0/8`) https and then http, as docker does.
    public init(_ known: @escaping @Sendable (String) -> String? = { _ in nil }) {
        self.known = known
    }

    /// Uses the endpoints of configured registries.
    public init(_ registries: [Registry]) {
        let endpoints = Dictionary(
            registries.map { ($0.loginServer.lowercased(), $0.endpoint) }, uniquingKeysWith: { first, _ in first })
        self.init { endpoints[$0.lowercased()] }
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
