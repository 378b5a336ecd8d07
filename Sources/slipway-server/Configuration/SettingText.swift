import CurlHTTP
import Glibc

/// Bytes as people write them: `1048576`, `512MiB`, `4 GiB`, `10GB`.
func byteCount(_ text: String) -> Int64? {
    let units: [String: Int64] = [
        "": 1, "b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
        "kb": 1000, "mb": 1_000_000, "gb": 1_000_000_000, "tb": 1_000_000_000_000,
    ]
    return amount(text, units: units)
}

/// Seconds as people write times: `90`, `90s`, `15m`, `4h`, `2d`.
func seconds(_ text: String) -> Int? {
    amount(text, units: ["": 1, "s": 1, "m": 60, "h": 3600, "d": 86400])
}

private func amount<Number: FixedWidthInteger>(_ text: String, units: [String: Number]) -> Number? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let unit = text[digits.endIndex...].drop { $0 == " " }.lowercased()
    guard let number = Number(digits), let factor = units[unit] else { return nil }
    let (result, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow ? nil : result
}

/// `host`, `host:port` or `[address]:port`.
struct HostAndPort: Sendable, Hashable, CustomStringConvertible {
    /// Lower case, an IPv6 address without brackets.
    let host: String
    let port: UInt16?

    init(host: String, port: UInt16?) {
        self.host = host
        self.port = port
    }

    /// Nil unless the host is a DNS name or an address, and the port a number from 1.
    init?(_ text: String) {
        var rest = Substring(text)
        let host: Substring
        if rest.hasPrefix("[") {
            guard let close = rest.firstIndex(of: "]") else { return nil }
            host = rest[rest.index(after: rest.startIndex)..<close]
            guard IPAddress(String(host))?.bytes.count == 16 else { return nil }
            rest = rest[rest.index(after: close)...]
        } else {
            host = rest.prefix { $0 != ":" }
            guard isHostName(String(host)) else { return nil }
            rest = rest[host.endIndex...]
        }
        if rest.isEmpty {
            port = nil
        } else {
            guard rest.first == ":", rest.dropFirst().allSatisfy({ $0.isASCII && $0.isNumber }),
                let port = UInt16(rest.dropFirst()), port > 0
            else { return nil }
            self.port = port
        }
        self.host = host.lowercased()
    }

    var description: String {
        let shown = host.contains(":") ? "[\(host)]" : host
        return port.map { "\(shown):\($0)" } ?? shown
    }

    var isLoopback: Bool {
        HTTPOrigin(url: "http://\(self)")?.isLoopback ?? false
    }
}

/// Whether a text is a DNS name or an IPv4 address: letters, digits, dashes and underscores between single dots.
func isHostName(_ text: String) -> Bool {
    guard (1...253).contains(text.utf8.count) else { return false }
    let labels = text.split(separator: ".", omittingEmptySubsequences: false)
    guard
        labels.allSatisfy({ label in
            (1...63).contains(label.count) && label.first != "-" && label.last != "-"
                && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
        })
    else { return false }
    // A last label of digits makes the whole an address, or nothing.
    return labels.last?.allSatisfy(\.isNumber) == true ? IPAddress(text) != nil : true
}

/// A URL of nothing but scheme, host and port, and perhaps a slash; nil for any other text.
func parseOrigin(_ text: String, schemes: Set<String>) -> (scheme: String, authority: HostAndPort)? {
    guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else { return nil }
    let scheme = text[..<colon].lowercased()
    var rest = text[colon...].dropFirst(3)
    if rest.hasSuffix("/") { rest.removeLast() }
    guard schemes.contains(scheme), let authority = HostAndPort(String(rest)) else { return nil }
    return (scheme, authority)
}

/// `scheme://host[:port]`, lower case and without the scheme's own port, as origins are compared.
func originText(scheme: String, _ authority: HostAndPort) -> String {
    let own: [String: UInt16] = ["http": 80, "https": 443, "ssh": 22]
    let port = authority.port == own[scheme] ? nil : authority.port
    return "\(scheme)://\(HostAndPort(host: authority.host, port: port))"
}

/// The text with what stands between `://` and the last `@` of the host replaced, for errors.
func withoutPassword(_ text: String) -> String {
    guard let at = text.lastIndex(of: "@") else { return text }
    let scheme = text.firstRange(of: "://").map { text[..<$0.upperBound] } ?? ""
    return "\(scheme)***\(text[at...])"
}

/// A path made absolute, from `folder` or else from the current one.
func absolutePath(_ path: String, from folder: String?) -> String {
    guard !path.hasPrefix("/") else { return path }
    let base = folder ?? currentFolder()
    return base.hasSuffix("/") ? base + path : "\(base)/\(path)"
}

private func currentFolder() -> String {
    guard let path = getcwd(nil, 0) else { return "." }
    defer { free(path) }
    return String(cString: path)
}
