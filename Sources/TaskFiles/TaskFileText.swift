/// A task file with its aliases replaced and its templates still in it (after stage 3 of loading).
struct TaskFileTemplate {
    let text: String
    /// The aliases in force; nil in files of an older version.
    let aliases: TaskAliases?
    /// For each line of ``text`` the line of the file.
    private let lines: [Int]

    init(_ lines: TaskFileLines, aliases: TaskAliases?) throws(TaskFileError) {
        let plain = lines.lines.map(\.text).joined()
        self.lines = lines.lines.map(\.number)
        self.aliases = aliases
        guard let aliases else {
            text = plain
            return
        }
        guard let replaced = aliases.replacing(in: plain, maxBytes: Template.maxBytes) else {
            throw TaskFileError(
                .tooComplex, "With its aliases replaced it has more than \(Template.maxBytes) bytes. Make them shorter."
            )
        }
        text = replaced
    }

    /// - Throws: ``TaskFileError`` of the stage `template`.
    func rendered(with data: TemplateData) throws(TaskFileError) -> TaskFileText {
        do {
            return TaskFileText(
                rendered: try Template.render(text, with: data), aliases: aliases, of: text, lines: lines)
        } catch .empty where text.isEmpty {
            return TaskFileText(rendered: "", aliases: aliases, of: text, lines: lines)
        } catch {
            throw TaskFileError(error, in: text, lines: lines)
        }
    }
}

/// A task file before it is YAML: comment lines away, aliases replaced, templates filled in.
struct TaskFileText {
    let rendered: String
    /// The aliases in force; nil in files of an older version.
    let aliases: TaskAliases?
    /// For each line of ``rendered`` the line of the file; nil when templates changed how many lines there are.
    private let lines: [Int]?

    fileprivate init(rendered: String, aliases: TaskAliases?, of template: String, lines: [Int]) {
        self.rendered = rendered
        self.aliases = aliases
        self.lines = rendered.utf8.count { $0 == 0x0a } == template.utf8.count { $0 == 0x0a } ? lines : nil
    }

    /// The error with the place in the file in the stead of the one in ``rendered``.
    func locating(_ error: TaskFileError) -> TaskFileError {
        guard let place = error.place, let lines, lines.indices.contains(place.line - 1) else {
            return TaskFileError(error.code, error.reason)
        }
        return TaskFileError(
            error.code, at: TextPlace(line: lines[place.line - 1], column: place.column), error.reason)
    }
}

extension TaskFileError {
    /// - Parameters:
    ///   - text: what was rendered.
    ///   - lines: the number of each of its lines in the file.
    ///     Without any, those of `text` are counted.
    init(_ error: TemplateError, in text: String, lines: [Int]) {
        let place = error.offset.flatMap { TextPlace(byte: $0, of: text, lines: lines) }
        switch error {
        case .syntax(_, _, let reason):
            self.init(.templateSyntax, at: place, "A template can't be read: \(reason).")
        case .evaluation(_, _, let reason):
            self.init(.templateEvaluation, at: place, "A template can't be filled in: \(reason).")
        case .unsupported(_, _, let what):
            self.init(
                .templateUnsupported, at: place,
                "In a template, \(what) is not supported here. Leave it out, and give what it would make as a value or a "
                    + "secret.")
        case .tooLarge, .tooMuchWork: self.init(.tooComplex, "\(error)")
        case .empty: self.init(.templateEvaluation, "Its templates leave nothing of it.")
        }
    }
}

extension TextPlace {
    /// - Parameter lines: the number of each line of `text` in the file; without any, they are counted.
    /// - Returns: nil if the lines of `text` are not those.
    fileprivate init?(byte offset: Int, of text: String, lines: [Int]) {
        let before = text.utf8.prefix(offset)
        let index = before.count { $0 == 0x0a }
        let start = before.lastIndex(of: 0x0a).map { text.utf8.index(after: $0) } ?? text.utf8.startIndex
        // Bytes that go on with a character are none by themselves.
        let column = before[start...].count { $0 & 0xc0 != 0x80 } + 1
        guard !lines.isEmpty else { self.init(line: index + 1, column: column); return }
        let count = text.utf8.count { $0 == 0x0a } + (text.utf8.last == 0x0a ? 0 : 1)
        guard count == lines.count, lines.indices.contains(index) else { return nil }
        self.init(line: lines[index], column: column)
    }
}
