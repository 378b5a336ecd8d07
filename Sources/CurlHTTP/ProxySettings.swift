/// Which requests go through a proxy.
public struct ProxySettings: Sendable, Hashable {
    /// URL of the proxy for http, for https; nil for none.
    public var http: String?
    public var https: String?
    /// Hosts and domains that are reached directly; `*` for all.
    public var except: [String]

    public init(http: String? = nil, https: String? = nil, except: [String] = []) {
        self.http = http
        self.https = https
        self.except = except
    }

    /// Reads `http_proxy` (lower case only, as other clients do), `https_proxy`, `no_proxy`.
    public init(environment: [String: String]) {
        func value(_ names: String...) -> String? { names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty } }
        self.init(
            http: value("http_proxy"), https: value("https_proxy", "HTTPS_PROXY"),
            except: (value("no_proxy", "NO_PROXY") ?? "").split { $0 == "," || $0 == " " }.map(String.init))
    }

    func url(for origin: HTTPOrigin) -> String? {
        let exempt =
            origin.isLoopback
            || except.contains { entry in
                var name = entry.lowercased()
                if name == "*" { return true }
                if name.hasPrefix(".") { name.removeFirst() }
                if let network = Network(name), let address = IPAddress(origin.host) {
                    return network.contains(address)
                }
                return origin.host == name || origin.host.hasSuffix("." + name)
            }
        return exempt ? nil : origin.scheme == "https" ? https : http
    }
}
