/// What templates can ask for: `.Run`, `.Build`, `.Values`, `.Secrets`, and whole sets as JSON.
public struct TemplateData: Sendable, Hashable {
    public var run: RunVariables
    public var values: [String: TemplateValue]
    /// By the ids that the task file gives them.
    public var secrets: [String: String] = [:]

    public init(run: RunVariables, values: [String: TemplateValue] = [:], secrets: [String: String] = [:]) {
        self.run = run
        self.values = values
        self.secrets = secrets
    }

    /// Reads a file of values and lays others over it, key by key. The later of two of the same name counts; names are
    /// no paths.
    ///
    /// - Parameter file: YAML; nil without one.
    /// - Throws: ``TaskFileError`` of the stage `yaml`.
    public init(run: RunVariables, valuesFile file: String?, overrides: [(name: String, value: String)])
        throws(TaskFileError)
    {
        self.run = run
        values = try file.map(Self.read) ?? [:]
        for (name, value) in overrides { values[name] = .string(value) }
    }

    private static func read(_ file: String) throws(TaskFileError) -> [String: TemplateValue] {
        guard file.utf8.count <= TaskFileLines.maxBytes else {
            throw TaskFileError(
                .tooComplex,
                "The file of values has \(file.utf8.count) bytes, over the limit of \(TaskFileLines.maxBytes).")
        }
        do throws(TaskFileError) {
            guard let root = try YAMLDocument(file).root else { return [:] }
            switch TemplateValue(root) {
            case .map(let entries): return entries
            case .null: return [:]
            default: throw YAMLProperties.mismatch(root, "All of it", "a map")
            }
        } catch {
            // Places are those of the task file.
            let place = error.place.map { ", line \($0.line), column \($0.column)" } ?? ""
            throw TaskFileError(error.code, "In the file of values\(place): \(error.reason)")
        }
    }
}

extension TemplateData {
    /// The dot of a template.
    func value(_ work: TemplateWork) throws -> GoValue {
        let run = GoValue.map(
            GoMap(
                Dictionary(RunVariables.names.map { (ByteString($0), .text(self.run.value(of: $0) ?? "")) }) {
                    _, last in last
                }, work))
        let values = GoValue(.map(values), work)
        return .map(
            GoMap(
                [
                    "Run": run,
                    "Build": .map(GoMap(["ID": .text(self.run.id)], work)),
                    "Values": values,
                    "Secrets": .map(
                        GoMap(
                            Dictionary(secrets.map { (ByteString($0.key), .text($0.value)) }) { _, last in last }, work)
                    ),
                    "RunJSON": .string(try Self.quoted(run, work)),
                    "ValuesJSON": .string(try Self.quoted(values, work)),
                ], work))
    }

    /// As JSON, and in single quotes where a shell would take some of it for something else.
    private static func quoted(_ value: GoValue, _ work: TemplateWork) throws -> ByteString {
        let json = try GoJSON.encode(value, work)
        let isPlain = json.bytes.allSatisfy {
            RegexEscapes.isAlphanumeric(UInt32($0)) || "_@%+=:,./-".utf8.contains($0)
        }
        return isPlain ? json : "'" + json.replacing("'", with: "'\"'\"'") + "'"
    }
}
