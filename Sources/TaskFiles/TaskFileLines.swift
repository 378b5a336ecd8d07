/// The lines of a task file without comments, and what its version says (stages 1 and 2 of loading).
struct TaskFileLines {
    /// A line with its end, and its number from 1.
    struct Line {
        let text: String
        let number: Int

        /// Whether its first character that is no blank is `#`.
        var isComment: Bool { text.utf8.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0d } == UInt8(ascii: "#") }
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
        lines = Self.numbered(text).filter { !$0.isComment }
        hasAliases = Self.version(of: lines) >= "v1.1.0"
    }

    /// Takes the `alias` block out: from the line `alias:` to the next line that begins with a key in its first column.
    mutating func cutAliasBlock() -> [Line] {
        guard let start = lines.firstIndex(where: { $0.text.prefixMatch(of: /["']?alias["']?[ \t]*:/) != nil })
        else { return [] }
        let end =
            lines[(start + 1)...].firstIndex { line in
                guard let first = line.text.first else { return false }
                return !first.isWhitespace && first != "-" && first != "}" && first != "]"
            } ?? lines.endIndex
        defer { lines.removeSubrange(start..<end) }
        return Array(lines[start..<end])
    }

    private static func numbered(_ text: String) -> [Line] {
        var lines: [Line] = []
        var rest = text.utf8[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: 0x0a).map { rest.index(after: $0) } ?? rest.endIndex
            lines.append(Line(text: String(decoding: rest[..<end], as: UTF8.self), number: lines.count + 1))
            rest = rest[end...]
        }
        return lines
    }

    /// What stands after the first `version:` at the begin of a line, quotes taken off; `v1.0.0` if there is none. A
    /// comment after it belongs to it.
    private static func version(of lines: [Line]) -> ByteOrderedText {
        for line in lines {
            let text = line.text.filter { !$0.isNewline }
            guard let match = text.prefixMatch(of: /["']?version["']?[ \t]*:/) else { continue }
            let value = text[match.range.upperBound...].drop { $0 == " " || $0 == "\t" }
            return ByteOrderedText(String(value.filter { $0 != "\"" && $0 != "'" }))
        }
        return "v1.0.0"
    }
}

/// A text that is compared byte by byte.
private struct ByteOrderedText: Comparable, ExpressibleByStringLiteral {
    let text: String

    init(_ text: String) { self.text = text }
    init(stringLiteral value: String) { text = value }

    static func < (left: ByteOrderedText, right: ByteOrderedText) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
}
