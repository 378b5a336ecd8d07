/// Where a repository is, whichever way it is reached: the host's name and the path. Two of one address are mostly the same repository.
public struct RepositoryAddress: Sendable, Hashable {
    public let host: String
    public let path: String

    /// Nil for what is no URL of a repository. What stands after `#` or `?` counts for nothing.
    public init?(_ text: String) {
        var rest = text.prefix { $0 != "#" && $0 != "?" }
        if let scheme = rest.firstRange(of: "://") {
            rest = rest[scheme.upperBound...]
            let authority = rest.prefix { $0 != "/" }
            rest = rest.dropFirst(authority.count)
            host = Self.name(authority.split(separator: "@").last ?? "")
        } else if let at = rest.firstIndex(of: "@"), let colon = rest.firstIndex(of: ":"), at < colon {
            host = Self.name(rest[rest.index(after: at)..<colon])
            rest = rest[rest.index(after: colon)...]
        } else {
            return nil
        }
        var path = rest.split(separator: "/").joined(separator: "/").lowercased()
        if path.hasSuffix(".git") { path.removeLast(4) }
        guard !host.isEmpty, !path.isEmpty else { return nil }
        self.path = path
    }

    /// Without its port, which differs between ways to reach it.
    private static func name(_ authority: some StringProtocol) -> String {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") { return authority[...end].lowercased() }
        return authority.prefix { $0 != ":" }.lowercased()
    }
}

extension RepositoryAddress: CustomStringConvertible {
    /// `host/path`
    public var description: String { "\(host)/\(path)" }
}
