/// The name of an image: `[registry/]repository[:tag][@digest]`.
///
/// Grammar: the reference grammar of the OCI distribution specification. A first part is a registry if it holds a dot or a colon, or is
/// `localhost`; without one the registry is `docker.io`, and one-word names stand below `library/`.
public struct ImageReference: Sendable, Hashable {
    /// Host and port as written, in lower case; `docker.io` if none was written.
    public let registry: String
    public let repository: String
    public let tag: String?
    /// `sha256:` and 64 hexadecimal digits.
    public let digest: String?

    public static let dockerHub = "docker.io"

    public init(registry: String, repository: String, tag: String? = nil, digest: String? = nil) {
        self.registry = registry
        self.repository = repository
        self.tag = tag
        self.digest = digest
    }

    /// - Throws: ``InvalidName`` telling which part breaks which rule.
    public init(_ text: String) throws(InvalidName) {
        var rest = Substring(text)
        var digest: String?
        if let at = rest.firstIndex(of: "@") {
            digest = String(rest[rest.index(after: at)...])
            rest = rest[..<at]
            guard Self.isDigest(digest ?? "") else {
                throw InvalidName(
                    text, kind: "image name", rule: "the digest after '@' must be sha256: and 64 hexadecimal digits")
            }
        }
        var registry = Self.dockerHub
        var explicit = false
        if let slash = rest.firstIndex(of: "/") {
            let first = rest[..<slash]
            if first.contains(".") || first.contains(":") || first == "localhost" {
                registry = first.lowercased()
                rest = rest[rest.index(after: slash)...]
                explicit = true
            }
        }
        var tag: String?
        if let colon = rest.firstIndex(of: ":") {
            tag = String(rest[rest.index(after: colon)...])
            rest = rest[..<colon]
            guard Self.isTag(tag ?? "") else {
                throw InvalidName(
                    text, kind: "image name",
                    rule:
                        "the tag after ':' must be 1 to 128 letters, digits, '_', '.' or '-', and not begin with '.' or '-'"
                )
            }
        }
        guard !explicit || Self.isRegistry(registry) else {
            throw InvalidName(text, kind: "image name", rule: "'\(registry)' is no host[:port]")
        }
        var repository = String(rest)
        guard Self.isRepository(repository) else {
            throw InvalidName(
                text, kind: "image name",
                rule:
                    "the repository must be lower-case letters, digits and single '.', '_', '__' or '-' between them, in parts separated by '/'"
            )
        }
        if registry == Self.dockerHub, !repository.contains("/") { repository = "library/" + repository }
        self.init(registry: registry, repository: repository, tag: tag, digest: digest)
    }

    /// The repository with its tag or digest, `:latest` if it has neither.
    public var reference: String { digest ?? tag ?? "latest" }

    public static func isDigest(_ text: String) -> Bool {
        text.hasPrefix("sha256:") && text.utf8.count == 71
            && text.utf8.dropFirst(7).allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    public static func isTag(_ text: String) -> Bool {
        guard (1...128).contains(text.utf8.count), let first = text.utf8.first else { return false }
        return first != UInt8(ascii: ".") && first != UInt8(ascii: "-")
            && text.utf8.allSatisfy { isWord($0) || $0 == 0x2e || $0 == 0x2d }
    }

    public static func isRepository(_ text: String) -> Bool {
        guard (1...255).contains(text.utf8.count) else { return false }
        return text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { isRepositoryPart($0) }
    }

    private static func isRepositoryPart(_ part: Substring) -> Bool {
        let bytes = Array(part.utf8)
        guard let first = bytes.first, let last = bytes.last, isLowerAlphanumeric(first), isLowerAlphanumeric(last)
        else { return false }
        var separator: [UInt8] = []
        for byte in bytes {
            if isLowerAlphanumeric(byte) {
                let allowed =
                    separator.count <= 1 || separator == [0x5f, 0x5f] || separator.allSatisfy { $0 == 0x2d }
                guard allowed else { return false }
                separator = []
            } else if byte == 0x2e || byte == 0x5f || byte == 0x2d {
                separator.append(byte)
            } else {
                return false
            }
        }
        return true
    }

    private static func isRegistry(_ text: String) -> Bool {
        var host = Substring(text)
        if host.hasPrefix("["), let close = host.firstIndex(of: "]") {
            let inside = host[host.index(after: host.startIndex)..<close]
            guard !inside.isEmpty, inside.utf8.allSatisfy({ isHexDigit($0) || $0 == 0x3a || $0 == 0x2e }) else {
                return false
            }
            let port = host[host.index(after: close)...]
            return port.isEmpty || (port.hasPrefix(":") && isPort(port.dropFirst()))
        }
        if let colon = host.firstIndex(of: ":") {
            guard isPort(host[host.index(after: colon)...]) else { return false }
            host = host[..<colon]
        }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.utf8.first, let last = label.utf8.last else { return false }
            return first != 0x2d && last != 0x2d && label.utf8.allSatisfy { isWord($0) || $0 == 0x2d }
        }
    }

    private static func isPort(_ text: Substring) -> Bool {
        (UInt16(text) ?? 0) > 0
    }

    private static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte)
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        isLowerAlphanumeric(byte) || (0x41...0x5a).contains(byte) || byte == 0x5f
    }
}

extension ImageReference: CustomStringConvertible {
    /// The whole name, registry included.
    public var description: String {
        registry + "/" + repository + (tag.map { ":" + $0 } ?? "") + (digest.map { "@" + $0 } ?? "")
    }
}

/// A name that breaks its grammar. The description is for the person who gave the name.
public struct InvalidName: Error, Equatable, CustomStringConvertible {
    public let name: String
    public let kind: String
    public let rule: String

    public init(_ name: String, kind: String, rule: String) {
        self.name = name
        self.kind = kind
        self.rule = rule
    }

    public var description: String { "'\(name.escapedForDisplay)' is no \(kind): \(rule)." }
}

extension String {
    /// The text with control characters (and what could forge a line of a log) replaced by escapes, for messages and logs of ours.
    public var escapedForDisplay: String {
        var result = ""
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            default:
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
