import Glibc

/// Scheme, host and port of a URL: what credentials and allow-lists go by.
public struct HTTPOrigin: Sendable, Hashable {
    /// `http` or `https`.
    public let scheme: String
    /// Lower case, without brackets.
    public let host: String
    public let port: UInt16

    /// Reads the origin of an absolute http or https URL; nil if it is none.
    public init?(url: String) {
        guard let separator = url.range(of: "://") else { return nil }
        let scheme = url[..<separator.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        var authority = url[separator.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
        var host = authority
        var port: Substring = ""
        if authority.hasPrefix("["), let close = authority.firstIndex(of: "]") {
            host = authority[authority.index(after: authority.startIndex)..<close]
            port = authority[authority.index(after: close)...]
            guard port.isEmpty || port.hasPrefix(":") else { return nil }
            port = port.dropFirst()
        } else if let colon = authority.lastIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        guard !host.isEmpty else { return nil }
        if port.isEmpty {
            self.port = scheme == "https" ? 443 : 80
        } else {
            guard let number = UInt16(port) else { return nil }
            self.port = number
        }
        self.scheme = scheme
        self.host = host.lowercased()
    }

    public var isDefaultPort: Bool { port == (scheme == "https" ? 443 : 80) }

    public var isLoopback: Bool {
        host == "localhost" || host == "::1"
            || (IPAddress(host)?.bytes.first == 127 && IPAddress(host)?.bytes.count == 4)
    }
}

extension HTTPOrigin: CustomStringConvertible {
    /// `scheme://host[:port]`, the port left out if it is the scheme's own.
    public var description: String {
        let shown = host.contains(":") ? "[\(host)]" : host
        return isDefaultPort ? "\(scheme)://\(shown)" : "\(scheme)://\(shown):\(port)"
    }
}

extension StringProtocol {
    /// The first place where `text` stands.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}

/// The bytes of an address in its textual form, by `inet_pton`.
func parseAddress(_ text: String) -> [UInt8]? {
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
    var six = in6_addr()
    if inet_pton(AF_INET6, text, &six) == 1 { return withUnsafeBytes(of: &six) { Array($0) } }
    return nil
}
