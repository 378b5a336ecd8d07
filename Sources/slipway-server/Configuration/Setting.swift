/// One setting as people know it: a row of the table in the README, and what the configuration file may hold.
struct Setting: Sendable, Equatable {
    /// What a setting's value is made of.
    enum Shape: Sendable { case text, list }

    /// What holds when nobody says otherwise.
    enum Default: Sendable, Equatable {
        case none
        /// Read like a value that someone gave.
        case value(String)
        /// Known only when the server starts; the text says what it will be.
        case computed(String)
    }

    /// Where the setting stands in the configuration file; `[]` marks the entries of a list: `registries[].name`.
    let path: String
    let shape: Shape
    let standard: Default
    let unit: String
    let meaning: String
    /// The environment variable; for settings in lists it is that of the first entry.
    let environment: String?
    let flag: String?
    let isSecret: Bool
    /// False for settings that say where the file is.
    let isInFile: Bool

    init(
        _ path: String, _ shape: Shape = .text, default standard: Default = .none, unit: String = "",
        environment: String? = nil,
        flag: String? = nil, isSecret: Bool = false, isInFile: Bool = true, _ meaning: String
    ) {
        self.path = path
        self.shape = shape
        self.standard = standard
        self.unit = unit
        self.meaning = meaning
        self.environment = environment
        self.flag = flag
        self.isSecret = isSecret
        self.isInFile = isInFile
    }

    /// The setting at a path as it stands in messages: `registries[0].name` is `registries[].name`.
    static func at(_ path: String) -> Setting? {
        byPath[generic(path)]
    }

    /// The path with the indexes of lists taken out.
    static func generic(_ path: String) -> String {
        var result = ""
        var inIndex = false
        for character in path {
            if character == "]" { inIndex = false }
            if !inIndex { result.append(character) }
            if character == "[" { inIndex = true }
        }
        return result
    }

    private static let byPath = Dictionary(all.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
}

extension Setting {
    /// All settings as rows of text: name, default, unit, meaning, environment variable, flag.
    static var rows: [[String]] {
        [["Setting", "Default", "Unit", "Meaning", "Environment", "Flag"]]
            + all.map { setting in
                let standard =
                    switch setting.standard {
                    case .none: ""
                    case .value(let text): "`\(text)`"
                    case .computed(let text): text
                    }
                func code(_ text: String?) -> String { text.map { "`\($0)`" } ?? "" }
                return [
                    code(setting.path), standard, setting.unit, setting.meaning, code(setting.environment),
                    code(setting.flag),
                ]
            }
    }

    /// The rows as a Markdown table.
    static var markdown: String {
        var lines = rows.map { "| " + $0.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |" }
        lines.insert("|" + String(repeating: "---|", count: rows[0].count), at: 1)
        return lines.joined(separator: "\n") + "\n"
    }
}
