import CurlHTTP

/// Which login services the credentials for a registry may be sent to.
///
/// A registry names its login service (the "realm") itself, so a wrong or taken-over one could collect passwords.
/// Accepted are https realms of the registry's own registrable domain, and those that the administrator allowed; for a
/// registry on loopback without TLS also http on the same host.
public struct RealmPolicy: Sendable {
    /// Origins, `scheme://host[:port]`, that are accepted for every registry.
    public var allowedOrigins: Set<String>

    public init(allowedOrigins: Set<String> = []) {
        self.allowedOrigins = Set(allowedOrigins.compactMap { HTTPOrigin(url: $0)?.description })
    }

    /// Why credentials must not go to `realm`; nil if they may.
    ///
    /// - Parameter registries: where the registry is reached, and the origin that image names spell.
    func objection(to realm: String, of registries: [HTTPOrigin]) -> String? {
        // What some parsers take for another host than others.
        guard realm.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "@") }),
            let origin = HTTPOrigin(url: realm)
        else { return "it is no plain http or https URL" }
        if allowedOrigins.contains(origin.description) { return nil }
        let isRelated = registries.contains { $0.host == origin.host || Self.isSameSite($0.host, origin.host) }
        guard origin.scheme == "https" else {
            let isOwn = registries.contains { $0.scheme == "http" && $0.isLoopback && $0.host == origin.host }
            return isOwn ? nil : "it is not https"
        }
        return isRelated ? nil : "it belongs to another domain than the registry"
    }

    /// Whether two hosts have the same registrable domain: the name that one owner registered, with everything below
    /// it.
    static func isSameSite(_ one: String, _ other: String) -> Bool {
        guard let site = registrableDomain(one) else { return false }
        return site == registrableDomain(other)
    }

    /// The last two labels of a name, three where the last two are open to everybody, the whole name below hosting
    /// services. Nil for addresses and one-word names.
    ///
    /// The full list of public suffixes is long and changes. One that is missing here only matters to hosts of
    /// different owners below it, so those that registries commonly live under are named.
    private static func registrableDomain(_ host: String) -> String? {
        guard IPAddress(host) == nil else { return nil }
        let labels = host.split(separator: ".", omittingEmptySubsequences: true).map(String.init)
        guard labels.count >= 2 else { return nil }
        let suffix = labels.suffix(2).joined(separator: ".")
        if hostingSuffixes.contains(suffix) { return host }
        let isOpen = labels[labels.count - 1].utf8.count == 2 && secondLevels.contains(labels[labels.count - 2])
        let wanted = isOpen ? 3 : 2
        return labels.count >= wanted ? labels.suffix(wanted).joined(separator: ".") : nil
    }

    /// What stands before a country's label without belonging to anybody: `co.uk`.
    private static let secondLevels: Set<String> = [
        "ac", "co", "com", "edu", "go", "gob", "gouv", "gov", "gv", "id", "ltd", "me", "mil", "ne", "net", "nom", "or",
        "org", "plc", "sch",
    ]
    private static let hostingSuffixes: Set<String> = [
        "aliyuncs.com", "amazonaws.com", "appspot.com", "azurecr.cn", "azurecr.io", "azurecr.us", "azurefd.net",
        "azurewebsites.net",
        "cloudapp.net", "cloudfront.net", "duckdns.org", "dyndns.org", "firebaseapp.com", "fly.dev", "github.io",
        "gitlab.io", "herokuapp.com",
        "netlify.app", "ngrok-free.app", "ngrok.io", "no-ip.org", "onrender.com", "oraclecloud.com", "pages.dev",
        "run.app",
        "trycloudflare.com", "vercel.app", "web.app", "windows.net", "workers.dev",
    ]
}
