/// The lines of a task file without comments, and what its version says (stages 1 and 2 of loading).
struct TaskFileLines {
    /// A line with its end, and its number from 1.
    struct Line {
        let bytes: ArraySlice<UInt8>
        let number: Int
    }

    /// The most bytes of a task file, of a file of values and of a file of aliases.
    static let maxBytes = 1 << 20

    private(set) var lines: [Line]
    /// Whether files of its version have aliases.
    let hasAliases: Bool

    /// - Throws: ``TaskFileError`` if it is too large.
    init(_ text: String) throws(TaskFileError) {
        guard text.utf8.count <= Self.maxBytes else {
            throw TaskFileError(
                .tooComplex,
                "It has \(text.utf8.count) bytes, over the limit of \(Self.maxBytes). Put long texts into files of the "
                    + "context.")
        }
        var lines: [Line] = []
        var version: ArraySlice<UInt8>?
        let bytes = Array(text.withoutByteOrderMark.utf8)
        for (index, line) in bytes.lines.enumerated() where !line.isComment {
            lines.append(Line(bytes: line, number: index + 1))
            version = version ?? line.value(of: "version")
        }
        self.lines = lines
        hasAliases = Self.hasAliases(version: version)
    }

    /// Takes the `alias` block out: from the line `alias:` to the next line that begins with a key in its first column.
    mutating func cutAliasBlock() -> [Line] {
        guard let start = lines.firstIndex(where: { $0.bytes.value(of: "alias") != nil }) else {
            return []
        }
        let end =
            lines[(start + 1)...].firstIndex { line in
                guard let first = String(decoding: line.bytes.prefix(8), as: UTF8.self).first else { return false }
                return !first.isWhitespace && first != "-" && first != "}" && first != "]"
            } ?? lines.endIndex
        defer { lines.removeSubrange(start..<end) }
        return Array(lines[start..<end])
    }

    /// - Parameter version: what stands after the first `version:` at the begin of a line, a comment after it included.
    private static func hasAliases(version: ArraySlice<UInt8>?) -> Bool {
        guard let version else { return false }
        let value = version.drop { $0 == 0x20 || $0 == 0x09 }.filter {
            ![0x0a, 0x0d, UInt8(ascii: "\""), UInt8(ascii: "'")].contains($0)
        }
        return !value.lexicographicallyPrecedes("v1.1.0".utf8)
    }
}

extension [TaskFileLines.Line] {
    var text: String {
        var bytes: [UInt8] = []
        for line in self { bytes += line.bytes }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension String {
    private static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]

    /// Without the mark that some editors begin a file with; it is no part of its text.
    var withoutByteOrderMark: String {
        utf8.starts(with: Self.byteOrderMark) ? String(decoding: utf8.dropFirst(3), as: UTF8.self) : self
    }
}

extension [UInt8] {
    /// Its lines with their ends.
    var lines: [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        for (index, byte) in enumerated() where byte == 0x0a {
            lines.append(self[start...index])
            start = index + 1
        }
        if start < count { lines.append(self[start...]) }
        return lines
    }
}

extension ArraySlice<UInt8> {
    /// Whether the first character of the line that is no blank is `#`.
    fileprivate var isComment: Bool {
        first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0d } == UInt8(ascii: "#")
    }

    /// What stands after `key:` at the begin of the line, the key perhaps in quotes.
    fileprivate func value(of key: String) -> ArraySlice<UInt8>? {
        func isQuote(_ byte: UInt8?) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }
        var rest = self
        if isQuote(rest.first) { rest = rest.dropFirst() }
        guard rest.starts(with: key.utf8) else { return nil }
        rest = rest.dropFirst(key.utf8.count)
        if isQuote(rest.first) { rest = rest.dropFirst() }
        rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
        return rest.first == UInt8(ascii: ":") ? rest.dropFirst() : nil
    }
}
