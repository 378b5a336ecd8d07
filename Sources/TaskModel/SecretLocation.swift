import Foundation

/// Names a secret as users of a key vault write it: `https://VAULT HOST/secrets/NAME[/VERSION]`.
public struct SecretLocation: Sendable, Hashable {
    /// In lower case, with a port if there is one.
    public let vault: String
    /// 1 to 127 letters, digits and dashes, compared without case.
    public let name: String
    /// Nil is the newest.
    public let version: String?

    /// - Throws: ``InvalidName`` if it is not of that form.
    public init(_ text: String) throws(InvalidName) {
        func refused() -> InvalidName {
            InvalidName(
                text, kind: "location of a secret", rule: "write https://VAULT/secrets/NAME or …/secrets/NAME/VERSION")
        }
        guard let parts = URLComponents(string: text), parts.scheme?.lowercased() == "https", parts.user == nil,
            parts.query == nil, parts.fragment == nil, let host = parts.host, !host.isEmpty,
            !host.contains(where: { "/?#@%\\".contains($0) || $0.isWhitespace })
        else { throw refused() }
        // An escaped slash is none.
        let path = parts.percentEncodedPath.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard path.count == 2 || path.count == 3, path.first == "secrets",
            path.dropFirst().allSatisfy({ Self.isName($0) })
        else { throw refused() }
        vault = host.lowercased() + (parts.port.map { ":\($0)" } ?? "")
        name = String(path[path.startIndex + 1])
        version = path.count == 3 ? String(path[path.startIndex + 2]) : nil
    }

    private static func isName(_ text: Substring) -> Bool {
        (1...127).contains(text.utf8.count)
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    }
}

extension SecretLocation {
    public static func == (left: SecretLocation, right: SecretLocation) -> Bool {
        left.vault == right.vault && left.name.lowercased() == right.name.lowercased() && left.version == right.version
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(vault)
        hasher.combine(name.lowercased())
        hasher.combine(version)
    }
}

extension SecretLocation: CustomStringConvertible {
    public var description: String { "https://\(vault)/secrets/\(name)" + (version.map { "/" + $0 } ?? "") }
}
