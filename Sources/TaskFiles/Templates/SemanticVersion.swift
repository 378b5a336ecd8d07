/// A version such as `1.2.3-rc.1+build`, as the library semver 3 of Masterminds reads it: a `v` before it is taken, and
/// the second and third number may be left out.
final class SemanticVersion: Sendable {
    let major: UInt
    let minor: UInt
    let patch: UInt
    let prerelease: String
    let metadata: String
    let original: String

    init(major: UInt, minor: UInt, patch: UInt, prerelease: String, metadata: String = "", original: String = "") {
        self.major = major
        self.minor = minor
        self.patch = patch
        self.prerelease = prerelease
        self.metadata = metadata
        self.original = original
    }

    /// Nil if it is none.
    convenience init?(_ text: String) {
        guard text.utf8.count <= 256 else { return nil }
        var reader = VersionReader(text)
        guard let parts = reader.version(wildcards: false), reader.isAtEnd,
            let major = UInt(parts.numbers[0]),
            let minor = parts.numbers.count > 1 ? UInt(parts.numbers[1]) : 0,
            let patch = parts.numbers.count > 2 ? UInt(parts.numbers[2]) : 0
        else { return nil }
        // Numbers in it begin with no zero.
        let segments = parts.prerelease.split(separator: ".")
        guard segments.allSatisfy({ !($0.count > 1 && $0.hasPrefix("0") && $0.allSatisfy(\.isWholeNumber)) }) else {
            return nil
        }
        self.init(
            major: major, minor: minor, patch: patch, prerelease: parts.prerelease, metadata: parts.metadata,
            original: text)
    }

    var description: String {
        "\(major).\(minor).\(patch)" + (prerelease.isEmpty ? "" : "-" + prerelease)
            + (metadata.isEmpty ? "" : "+" + metadata)
    }

    /// Less than, equal to or greater than 0, metadata left aside.
    func compared(to other: SemanticVersion) -> Int {
        for (one, two) in [(major, other.major), (minor, other.minor), (patch, other.patch)] where one != two {
            return one < two ? -1 : 1
        }
        if prerelease.isEmpty || other.prerelease.isEmpty {
            return prerelease.isEmpty == other.prerelease.isEmpty ? 0 : prerelease.isEmpty ? 1 : -1
        }
        return Self.compared(prerelease, other.prerelease)
    }

    static func compared(_ left: String, _ right: String) -> Int {
        let (left, right) = (left.split(separator: "."), right.split(separator: "."))
        for (one, two) in zip(left, right) where one != two {
            switch (UInt(one), UInt(two)) {
            case (let first?, let second?): return first < second ? -1 : 1
            case (_?, nil): return -1
            case (nil, _?): return 1
            case (nil, nil): return one.utf8.lexicographicallyPrecedes(two.utf8) ? -1 : 1
            }
        }
        return left.count == right.count ? 0 : left.count < right.count ? -1 : 1
    }
}

/// Reads versions, and those with `x` or `*` for numbers, out of a text.
struct VersionReader {
    private var rest: Substring.UTF8View

    init(_ text: some StringProtocol) { rest = Substring(text).utf8 }

    var isAtEnd: Bool { rest.isEmpty }
    var peek: UInt8? { rest.first }

    mutating func skip(_ count: Int = 1) { rest = rest.dropFirst(count) }

    /// - Returns: whether there were any.
    @discardableResult mutating func skipSpaces() -> Bool {
        let after = rest.drop { $0 == 0x20 || (0x09...0x0d).contains($0) }
        defer { rest = after }
        return after.count != rest.count
    }

    mutating func accept(_ text: String) -> Bool {
        guard rest.starts(with: text.utf8) else { return false }
        skip(text.utf8.count)
        return true
    }

    /// - Returns: nil if there is none; then nothing was read.
    mutating func version(wildcards: Bool) -> (numbers: [String], prerelease: String, metadata: String, text: String)? {
        let start = rest
        _ = accept("v")
        var numbers: [String] = []
        while numbers.count < 3 {
            let before = rest
            if !numbers.isEmpty, !accept(".") { break }
            let number = rest.prefix { (0x30...0x39).contains($0) || (wildcards && "xX*|".utf8.contains($0)) }
            guard !number.isEmpty else { rest = before; break }
            numbers.append(String(Substring(number)))
            skip(number.count)
        }
        guard !numbers.isEmpty else { rest = start; return nil }
        let prerelease = identifiers(after: "-")
        let metadata = identifiers(after: "+")
        let text = String(Substring(start.prefix(start.count - rest.count)))
        return (numbers, prerelease, metadata, text)
    }

    /// `-a.b-1`, without its first character; empty if there is none.
    private mutating func identifiers(after mark: String) -> String {
        let start = rest
        guard accept(mark) else { return "" }
        var parts: [String] = []
        while true {
            let before = rest
            if !parts.isEmpty, !accept(".") { break }
            let part = rest.prefix {
                (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20) || $0 == UInt8(ascii: "-")
            }
            guard !part.isEmpty else { rest = before; break }
            parts.append(String(Substring(part)))
            skip(part.count)
        }
        if parts.isEmpty { rest = start }
        return parts.joined(separator: ".")
    }
}
