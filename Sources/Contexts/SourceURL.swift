/// The parts of a URL as far as naming a context needs them, as written but for the case of the scheme and raw blanks
/// in the path.
struct SourceURL {
    /// Lower case.
    let scheme: String
    /// All after `://`, as written.
    let afterScheme: String
    /// Before the last `@` of the authority, as written; nil without an `@`.
    let userInfo: String?
    let host: String
    /// With its colon; empty without one.
    let port: String
    let path: String
    let query: String?
    let fragment: String?

    /// Nil if the text has no scheme.
    init?(_ text: String) {
        guard let range = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<range.lowerBound]
        guard let first = scheme.utf8.first, (0x41...0x5a).contains(first & 0xdf),
            scheme.utf8.allSatisfy({
                (0x41...0x5a).contains($0 & 0xdf) || (0x30...0x39).contains($0) || "+-.".utf8.contains($0)
            })
        else { return nil }
        self.scheme = scheme.lowercased()
        afterScheme = String(text[range.upperBound...])
        var rest = text[range.upperBound...]
        if let hash = rest.firstIndex(of: "#") {
            fragment = String(rest[rest.index(after: hash)...])
            rest = rest[..<hash]
        } else {
            fragment = nil
        }
        if let mark = rest.firstIndex(of: "?") {
            query = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        } else {
            query = nil
        }
        var authority = rest.prefix { $0 != "/" }
        path = rest[authority.endIndex...].split(separator: " ", omittingEmptySubsequences: false).joined(
            separator: "%20")
        if let at = authority.lastIndex(of: "@") {
            userInfo = String(authority[..<at])
            authority = authority[authority.index(after: at)...]
        } else {
            userInfo = nil
        }
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            host = String(authority[..<colon])
            port = String(authority[colon...])
        } else {
            host = String(authority)
            port = ""
        }
    }

    var hasValidPort: Bool { port.isEmpty || UInt16(port.dropFirst()).map { $0 > 0 } == true }

    /// From this length on, a user name without a password is a token.
    static let shortestToken = 20

    /// The user info with its percent-escapes undone; nil without one.
    func login() throws(ContextError) -> (name: String, password: String)? {
        guard let userInfo else { return nil }
        let parts = userInfo.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = percentDecoded(parts[0]), let password = parts.count > 1 ? percentDecoded(parts[1]) : "" else {
            throw .invalidURL(redacted, reason: "a percent-escape in its user info is broken")
        }
        return (name, password)
    }

    /// `scheme://host[:port]/path`, without user info, query and fragment.
    var plain: String { "\(scheme)://\(host)\(port)\(path)" }

    /// As written, but for the fragment.
    var withoutFragment: String {
        "\(scheme)://" + (userInfo.map { $0 + "@" } ?? "") + host + port + path + (query.map { "?" + $0 } ?? "")
    }

    /// ``plain``, but for what may be the end of a password: with a `/` in it that was not escaped, its beginning is in
    /// the place of the port.
    var redacted: String { hasValidPort ? plain : "\(scheme)://\(host)" }

    /// The repositories of Azure DevOps, whose URLs need not end in `.git`: https alone.
    var isAzureRepository: Bool {
        guard scheme == "https", query == nil, path.contains("/_git/"), !path.hasSuffix("/_git/") else { return false }
        let host = host.lowercased()
        return host == "dev.azure.com" || host.hasSuffix(".visualstudio.com")
    }

    /// A text without the user info, query and fragment that it may have as a URL, or as one whose scheme was forgotten.
    static func redact(_ text: String) -> String {
        let shown: String
        if let url = SourceURL(text) {
            shown = url.redacted
        } else if let at = text.lastIndex(of: "@") {
            shown = "***" + text[at...]
        } else {
            shown = text
        }
        return withoutControls(shown)
    }
}

/// A text for one line of a log or a message.
func withoutControls(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    return text.unicodeScalars.map { isControl($0) ? "?" : String($0) }.joined()
}

/// Whether it could end a line or steer a terminal.
func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || (0x2028...0x2029).contains(scalar.value)
}

extension StringProtocol {
    /// The first place where `text`, which is ASCII, stands.
    func firstRange(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}

/// Undoes percent-escapes.
///
/// - Returns: nil if an escape is broken, holds NUL, or the result is no UTF-8.
func percentDecoded(_ text: some StringProtocol) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        guard let high = rest.popFirst().flatMap(hexValue), let low = rest.popFirst().flatMap(hexValue) else {
            return nil
        }
        let value = high << 4 | low
        guard value != 0 else { return nil }
        bytes.append(value)
    }
    return String(validating: bytes, as: UTF8.self)
}

func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
}
