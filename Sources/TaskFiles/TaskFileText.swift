/// A task file before it is YAML: comment lines away, aliases replaced, templates filled in.
struct TaskFileText {
    /// The most bytes of a task file, and of a file of values.
    static let maxBytes = 1 << 20

    let rendered: String
    /// The aliases in force; nil in files of an older version.
    let aliases: TaskAliases?
    /// For each line of ``rendered`` the line of the file; nil when templates changed how many lines there are.
    private let lines: [Int]?

    /// - Throws: ``TaskFileError`` of the stages `alias` and `template`.
    init(_ text: String, with data: TemplateData) throws(TaskFileError) {
        guard text.utf8.count <= Self.maxBytes else {
            throw TaskFileError(.tooComplex, "It has \(text.utf8.count) bytes, over the limit of \(Self.maxBytes).")
        }
        var lines = Self.numberedLines(text).filter { !$0.isComment }
        aliases = try Self.version(of: lines) >= "v1.1.0" ? TaskAliases(&lines, data) : nil
        var plain = lines.map(\.text).joined()
        if let aliases {
            guard let replaced = aliases.replacing(in: plain, maxBytes: Template.maxBytes) else {
                throw TaskFileError(
                    .tooComplex, "With its aliases replaced it has more than \(Template.maxBytes) bytes.")
            }
            plain = replaced
        }
        do {
            rendered = try Template.render(plain, with: data)
        } catch .empty where plain.isEmpty {
            rendered = ""
        } catch {
            throw TaskFileError(error, in: plain, lines: lines.map(\.number))
        }
        self.lines = rendered.utf8.count { $0 == 0x0a } == plain.utf8.count { $0 == 0x0a } ? lines.map(\.number) : nil
    }

    /// The error with the place in the file in the stead of the one in ``rendered``.
    func locating(_ error: TaskFileError) -> TaskFileError {
        guard let place = error.place, let lines, lines.indices.contains(place.line - 1) else {
            return TaskFileError(error.code, error.reason)
        }
        return TaskFileError(
            error.code, at: TextPlace(line: lines[place.line - 1], column: place.column), error.reason)
    }

    /// A line with its end, and its number from 1.
    struct Line {
        let text: String
        let number: Int

        /// Whether its first character that is no blank is `#`.
        var isComment: Bool { text.utf8.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0d } == UInt8(ascii: "#") }
    }

    private static func numberedLines(_ text: String) -> [Line] {
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

extension TaskFileError {
    /// - Parameters:
    ///   - text: what was rendered.
    ///   - lines: the number of each of its lines in the file.
    init(_ error: TemplateError, in text: String, lines: [Int]) {
        switch error {
        case .syntax(_, let reason): self.init(.templateSyntax, "A template can't be read: \(reason).")
        case .evaluation(_, let reason): self.init(.templateEvaluation, "A template can't be filled in: \(reason).")
        case .unsupported(_, let what):
            self.init(
                .templateUnsupported,
                "In a template, \(what) is not supported here yet. Use plain variables such as {{.Run.ID}}.")
        case .tooLarge: self.init(.tooComplex, "\(error)")
        case .empty: self.init(.templateEvaluation, "Its templates leave nothing of it.")
        }
    }
}
