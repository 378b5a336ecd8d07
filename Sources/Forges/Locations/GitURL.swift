import Foundation

/// The parts of a repository's URL: `https://host/path`, `ssh://user@host/path`, `user@host:path`, `host/path`.
struct GitURL {
    enum Transport {
        case http, https, ssh
    }

    let transport: Transport
    /// In lower case.
    let host: String
    /// Nil for the standard one, and for ssh, whose port tells nothing of the server's others.
    let port: UInt16?
    /// With percent-escapes undone, without `.git` at the end.
    let segments: [String]

    /// What stands after `#` or `?` counts for nothing. Nil for what is no URL of a repository.
    init?(_ text: String) {
        guard text.utf8.count <= 8192,
            !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { return nil }
        let bare = text.prefix { $0 != "#" && $0 != "?" }
        let rest: Substring
        var path: Substring?
        if let end = bare.range(of: "://") {
            switch bare[..<end.lowerBound].lowercased() {
            case "https": transport = .https
            case "http": transport = .http
            case "ssh", "git+ssh": transport = .ssh
            default: return nil
            }
            rest = bare[end.upperBound...]
        } else if let colon = bare.firstIndex(of: ":"), let at = bare[..<colon].firstIndex(of: "@"),
            !bare[..<colon].contains("/")
        {
            transport = .ssh
            rest = bare[..<colon]
            path = bare[bare.index(after: colon)...]
            guard at < colon else { return nil }
        } else if bare.lowercased().hasPrefix("github.com/") {
            transport = .https
            rest = bare
        } else {
            return nil
        }
        let authority = rest.prefix { $0 != "/" }
        let name = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        guard let (host, port) = Self.split(name), !host.isEmpty else { return nil }
        self.host = host.lowercased()
        let standard: UInt16 = transport == .http ? 80 : 443
        self.port = transport == .ssh || port == standard ? nil : port
        var segments = (path ?? rest[authority.endIndex...]).split(separator: "/").map {
            $0.removingPercentEncoding ?? String($0)
        }
        if let last = segments.last, last.lowercased().hasSuffix(".git") {
            segments[segments.count - 1] = String(last.dropLast(".git".count))
        }
        guard !segments.isEmpty, segments.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && !$0.contains("/") })
        else { return nil }
        self.segments = segments
    }

    private static func split(_ name: Substring) -> (host: Substring, port: UInt16?)? {
        guard let colon = name.lastIndex(of: ":"), !name[colon...].contains("]") else { return (name, nil) }
        guard let port = UInt16(name[name.index(after: colon)...]) else { return nil }
        return (name[..<colon], port)
    }
}
