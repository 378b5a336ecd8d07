/// The aliases of one task file: short names for text, `$Registry`.
struct TaskAliases {
    /// Stands before a name.
    let directive: Character
    /// From ``names`` of the file itself, and the predefined ones that those leave.
    let texts: [String: String]

    /// What stands for itself: variables of the run.
    private static let variables = [
        "ID", "SharedVolume", "Registry", "RegistryName", "Date", "OS", "Architecture", "Commit", "Branch",
    ]

    /// Images with tools, as ACR Tasks of 2025 has them.
    private static let images = [
        "acr": "mcr.microsoft.com/acr/acr-cli:0.19",
        "az": "mcr.microsoft.com/acr/azure-cli:7fcc50e",
        "bash": "mcr.microsoft.com/acr/bash:7fcc50e",
        "curl": "mcr.microsoft.com/acr/curl:7fcc50e",
        "cssc": "mcr.microsoft.com/acr/cssc:7fcc50e",
    ]

    /// Cuts the `alias` block out of a file and reads it.
    ///
    /// - Throws: ``TaskFileError`` of the stage `alias`.
    init(_ lines: inout [TaskFileText.Line], _ data: TemplateData) throws(TaskFileError) {
        var texts = Self.images
        for name in Self.variables { texts[name] = "{{.Run.\(name)}}" }
        var directive: Character = "$"
        let block = Self.cutBlock(from: &lines)
        if let first = block.first {
            do {
                let written = try Written(block.map(\.text).joined(), data)
                texts.merge(written.values) { _, own in own }
                directive = written.directive ?? directive
            } catch {
                let line = first.number + (error.place?.line ?? 1) - 1
                let place = TextPlace(line: line, column: error.place?.column ?? 1)
                throw TaskFileError(error.code, at: place, error.reason)
            }
        }
        self.texts = texts
        self.directive = directive
    }

    /// Replaces the directive and a known name after it, everywhere; two directives become one. Text that is put in is
    /// not looked through again.
    ///
    /// - Returns: nil if it comes to more than that.
    func replacing(in text: String, maxBytes: Int) -> String? {
        var result = ""
        var rest = text[...]
        while let start = rest.firstIndex(of: directive) {
            result += rest[..<start]
            rest = rest[rest.index(after: start)...]
            if rest.first == directive {
                result.append(directive)
                rest = rest.dropFirst()
                continue
            }
            let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber) }
            result += texts[String(name)] ?? String(directive) + name
            rest = rest.dropFirst(name.count)
            guard result.utf8.count <= maxBytes else { return nil }
        }
        return result + rest
    }

    /// Replaces an alias that is the whole first word of a command, without a directive.
    func replacingFirstWord(of command: String) -> String {
        let word = command.prefix { !$0.isWhitespace }
        return texts[String(word)].map { $0 + command.dropFirst(word.count) } ?? command
    }

    /// From the line `alias:` to the next line that begins with a key in its first column.
    private static func cutBlock(from lines: inout [TaskFileText.Line]) -> [TaskFileText.Line] {
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

    /// The block as written.
    private struct Written {
        let values: [String: String]
        let directive: Character?

        init(_ text: String, _ data: TemplateData) throws(TaskFileError) {
            let rendered: String
            do {
                rendered = try Template.render(text, with: data)
            } catch {
                throw TaskFileError(error, in: text, lines: [])
            }
            guard let root = try YAMLDocument(rendered).root else { (values, directive) = ([:], nil); return }
            guard let block = try YAMLProperties(root, "The file")["alias"] else {
                (values, directive) = ([:], nil); return
            }
            let properties = try YAMLProperties(block, "'alias'")
            if let source = properties["src"] {
                throw TaskFileError(
                    .aliasSource, at: source.place,
                    "Files of aliases ('src') are not supported here yet. Write the aliases under 'values'.")
            }
            let pairs = try properties.texts("values") ?? []
            for (name, _) in pairs
            where !name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) || name.isEmpty {
                throw TaskFileError(
                    .aliasName, at: properties.place(of: "values"),
                    "The alias '\(name)' may have only letters and digits in its name.")
            }
            values = Dictionary(pairs.map { ($0.key, $0.value) }) { _, last in last }
            guard let text = try properties.string("directive") else { directive = nil; return }
            guard let first = text.first, text.count == 1, !(first.isLetter || first.isNumber) else {
                throw TaskFileError(
                    .aliasDirective, at: properties.place(of: "directive"),
                    "The directive '\(text)' must be a single character that is no letter and no digit.")
            }
            directive = first
        }
    }
}
