/// A task file with its aliases replaced and its templates still in it (after stage 3 of loading).
struct TaskFileTemplate {
    let text: String
    /// The aliases in force; nil in files of an older version.
    let aliases: TaskAliases?
    private let origins: LineOrigins

    init(_ lines: TaskFileLines, aliases: TaskAliases?) throws(TaskFileError) {
        let plain = lines.lines.text
        self.aliases = aliases
        guard let aliases else {
            text = plain
            origins = LineOrigins(of: plain, lines.lines)
            return
        }
        guard let replaced = aliases.replacing(in: plain, maxBytes: Template.maxBytes) else {
            throw TaskFileError(
                .tooComplex, "With its aliases replaced it has more than \(Template.maxBytes) bytes. Make them shorter."
            )
        }
        text = replaced.text
        // The last number may be that of the end.
        origins = LineOrigins(
            of: text, replaced.lines.prefix { $0 < lines.lines.count }.map { lines.lines[$0] })
    }

    /// Whether the word `secrets` occurs in it.
    var mentionsSecrets: Bool { text.contains("secrets") }

    /// - Throws: ``TaskFileError`` of the stage `template`.
    func rendered(with data: TemplateData) throws(TaskFileError) -> TaskFileText {
        do {
            return text(of: try Template.render(text, with: data))
        } catch .empty where text.isEmpty {
            return text(of: "")
        } catch {
            throw TaskFileError(error, at: error.offset.flatMap { origins.place(TextPlace(byte: $0, of: text)) })
        }
    }

    private func text(of rendered: String) -> TaskFileText {
        TaskFileText(
            rendered: rendered, aliases: aliases, origins: rendered == text ? origins : origins.rendered(rendered))
    }
}

/// A task file before it is YAML: comment lines away, aliases replaced, templates filled in.
struct TaskFileText {
    let rendered: String
    /// The aliases in force; nil in files of an older version.
    let aliases: TaskAliases?
    fileprivate let origins: LineOrigins

    /// The error with the place in the file in the stead of the one in ``rendered``.
    func locating(_ error: TaskFileError) -> TaskFileError {
        TaskFileError(error.code, at: error.place.flatMap(origins.place), error.reason)
    }
}

extension TaskFileError {
    init(_ error: TemplateError, at place: TextPlace?) {
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
