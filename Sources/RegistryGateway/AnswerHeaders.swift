import CurlHTTP

/// Headers of the registry behind as they are shown to clients: those that mean something to them, with addresses that
/// lead to this server.
struct AnswerHeaders {
    /// `scheme://host[:port]` of the registry behind.
    let endpoint: String
    /// `host[:port]` of this server as clients reach it.
    let loginServer: String

    private static let shown: Set<String> = [
        "accept-ranges", "cache-control", "content-length", "content-range", "content-type", "docker-content-digest",
        "docker-upload-uuid", "etag", "last-modified", "link", "location", "oci-chunk-max-length",
        "oci-chunk-min-length", "oci-filters-applied", "oci-subject", "range", "retry-after", "warning",
    ]

    /// - Throws: ``RegistryFailure`` if the registry sends uploads to a place that this server can't stand in front of.
    func shown(_ headers: [HTTPHeader], status: Int) throws -> [HTTPHeader] {
        try headers.filter { Self.shown.contains($0.name.lowercased()) }.compactMap { header in
            switch header.name.lowercased() {
            case "location":
                if let location = location(header.value) { return HTTPHeader(header.name, location) }
                // Where what was made is, clients know; where an upload goes on, they don't.
                guard status != 202 else {
                    throw RegistryFailure(
                        502, "UNKNOWN",
                        "The registry behind \(loginServer) takes uploads at an address of another kind, which can't be passed on."
                    )
                }
                return nil
            case "link": return HTTPHeader(header.name, link(header.value))
            default: return header
            }
        }
    }

    private func location(_ value: String) -> String? {
        guard let path = path(of: value), let known = RegistryPath(String(path.prefix { $0 != "?" && $0 != "#" }))
        else { return nil }
        let query = path.firstIndex(of: "?").map { String(path[$0...]) } ?? ""
        return "https://" + loginServer + known.text + query
    }

    /// `<URL>; rel="next"`: only the URL changes.
    private func link(_ value: String) -> String {
        guard value.hasPrefix("<"), let close = value.firstIndex(of: ">") else { return value }
        let url = String(value[value.index(after: value.startIndex)..<close])
        return "<" + (path(of: url) ?? url) + value[close...]
    }

    /// Path and query; nil for an address of another server.
    private func path(of url: String) -> String? {
        if url.hasPrefix("/"), !url.hasPrefix("//") { return url }
        guard let origin = HTTPOrigin(url: url), origin == HTTPOrigin(url: endpoint),
            let scheme = url.firstRange(of: "://")
        else { return nil }
        let rest = url[scheme.upperBound...]
        return rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? "/"
    }
}
