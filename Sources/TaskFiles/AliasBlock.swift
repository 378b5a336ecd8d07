/// The `alias` block of a task file as written.
struct AliasBlock {
    struct Source {
        /// A path in the context, or an https URL.
        let name: String
        let place: TextPlace
    }

    private(set) var values: [String: String] = [:]
    private(set) var sources: [Source] = []
    /// Stands before a name.
    private(set) var directive: Character = "$"
    /// Whether its lines are still as many as in the file.
    private var keepsLines = true

    private static let maxSources = 32

    /// - Parameters:
    ///   - lines: those of the block, none without one.
    ///   - data: for templates in it.
    /// - Throws: ``TaskFileError``, with places in the file.
    init(_ lines: [TaskFileLines.Line], _ data: TemplateData) throws(TaskFileError) {
        guard let first = lines.first else { return }
        /// Where templates change how many lines there are, that of the block.
        func place(_ place: TextPlace?) -> TextPlace {
            guard keepsLines, let place, lines.indices.contains(place.line - 1) else {
                return TextPlace(line: first.number, column: 1)
            }
            return TextPlace(line: lines[place.line - 1].number, column: place.column)
        }
        do {
            try read(lines.text, data)
        } catch {
            throw TaskFileError(error.code, at: place(error.place), error.reason)
        }
        sources = sources.map { Source(name: $0.name, place: place($0.place)) }
    }

    private mutating func read(_ text: String, _ data: TemplateData) throws(TaskFileError) {
        let rendered: String
        do {
            rendered = try Template.render(text, with: data)
        } catch {
            throw TaskFileError(error, at: error.offset.map { TextPlace(byte: $0, of: text) })
        }
        keepsLines = rendered.utf8.count { $0 == 0x0a } == text.utf8.count { $0 == 0x0a }
        guard let root = try YAMLDocument(rendered).root,
            let block = try YAMLProperties(root, "The file")["alias"]
        else { return }
        let properties = try YAMLProperties(block, "'alias'")
        let place = properties.place(of: "src")
        sources = try properties.strings("src").map { Source(name: $0, place: place) }
        guard sources.count <= Self.maxSources else {
            throw TaskFileError(
                .tooComplex, at: place,
                "'src' has \(sources.count) files, over the limit of \(Self.maxSources). Join some of them.")
        }
        values = try Self.aliases(
            try properties.texts("values") ?? [], at: properties.place(of: "values"), "under 'values'")
        guard let text = try properties.string("directive") else { return }
        guard let first = text.first, text.count == 1, !(first.isLetter || first.isNumber) else {
            throw TaskFileError(
                .aliasDirective, at: properties.place(of: "directive"),
                "The directive '\(text)' must be a single character that is no letter and no digit.")
        }
        directive = first
    }

    /// Reads a file of aliases: a map from name to text.
    static func read(_ bytes: [UInt8], of source: Source) throws(TaskFileError) -> [String: String] {
        guard bytes.count <= TaskFileLines.maxBytes else {
            throw TaskFileError(
                .tooComplex, at: source.place,
                "The file of aliases '\(source.name)' has more than \(TaskFileLines.maxBytes) bytes.")
        }
        do {
            guard let root = try YAMLDocument(try TaskFile.text(of: bytes)).root else { return [:] }
            let pairs = try YAMLProperties(root, "It").allTexts()
            return try aliases(pairs, at: source.place, "of the file '\(source.name)'")
        } catch  where error.code != .aliasName {
            let line = error.place.map { " in its line \($0.line)" } ?? ""
            throw TaskFileError(
                .aliasSource, at: source.place,
                "The file of aliases '\(source.name)' can't be read\(line): \(error.reason)")
        }
    }

    private static func aliases(
        _ pairs: [(key: String, value: String)], at place: TextPlace, _ whose: String
    ) throws(TaskFileError) -> [String: String] {
        for (name, _) in pairs
        where !name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) || name.isEmpty {
            throw TaskFileError(
                .aliasName, at: place, "The alias '\(name)' \(whose) may have only letters and digits in its name.")
        }
        return Dictionary(pairs.map { ($0.key, $0.value) }) { _, last in last }
    }
}
