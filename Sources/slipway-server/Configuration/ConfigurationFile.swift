import TaskModel
import Yams

extension SettingValues {
    /// Adds what a configuration file says, checked against the table of settings: unknown names and wrong shapes are
    /// refused.
    ///
    /// - Parameter path: absolute; relative paths in the file start from its folder.
    mutating func addFile(_ path: String) throws(ConfigurationError) {
        let bytes: [UInt8]
        do {
            bytes = try readFile(path, limit: 1 << 20)
        } catch {
            throw .noYAML(path: path, reason: error.reason)
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw .noYAML(path: path, reason: reason(error))
        }
        guard let root, !isNull(root) else { return }
        var file = ConfigurationFile(path: path, values: self)
        try file.walk(root, at: "")
        self = file.values
    }
}

/// A walk through the YAML of one configuration file.
private struct ConfigurationFile {
    let path: String
    var values: SettingValues
    private var visits = 0

    init(path: String, values: SettingValues) {
        self.path = path
        self.values = values
    }

    mutating func walk(_ node: Node, at setting: String) throws(ConfigurationError) {
        // Aliases repeat what they stand for, and aliases of aliases multiply it.
        visits += 1
        guard visits <= 10_000 else { throw .noYAML(path: path, reason: "it has more than 10000 values") }
        guard !isNull(node) else { return }

        let generic = Setting.generic(setting)
        let source = SettingSource.file(path, line: node.mark?.line ?? 1)
        switch node {
        case .mapping(let mapping) where setting.isEmpty || Setting.all.contains { $0.path.hasPrefix(generic + ".") }:
            values.noteSection(setting, count: mapping.count, source: source)
            for (key, child) in mapping { try walk(key, child, in: setting) }
        case .sequence(let sequence) where isList(generic):
            values.noteSection(setting, count: sequence.count, source: source)
            for (index, child) in sequence.enumerated() {
                values.noteSection("\(setting)[\(index)]", count: 0, source: .file(path, line: child.mark?.line ?? 1))
                try walk(child, at: "\(setting)[\(index)]")
            }
        case .scalar(let scalar)
        where Setting.at(setting)?.shape == .text || Setting.at(listOf(setting))?.shape == .list:
            values.note(
                setting, SettingValues.Given(text: scalar.string, source: source, folder: String(folder(of: path))))
        default:
            let place = SettingPlace(setting: setting.isEmpty ? "the file" : setting, source: source)
            throw .invalid(place, value: nil, expected: expected(at: setting))
        }
    }

    private mutating func walk(_ key: Node, _ child: Node, in section: String) throws(ConfigurationError) {
        let source = SettingSource.file(path, line: key.mark?.line ?? 1)
        guard let name = key.scalar?.string else {
            throw .invalid(
                SettingPlace(setting: section, source: source), value: nil, expected: "a section with names as keys")
        }
        let setting = section.isEmpty ? name : "\(section).\(name)"
        let known = names(in: Setting.generic(section))
        // Compared before any path is made of it: a name with dots or brackets would read as another setting.
        guard known.contains(name) else {
            throw .unknown(SettingPlace(setting: setting, source: source), suggestion: nearestName(to: name, in: known))
        }
        try walk(child, at: setting)
    }

    /// The names that may stand in a section.
    private func names(in section: String) -> Set<String> {
        let prefix = section.isEmpty ? "" : section + "."
        let rests = Setting.all.filter { $0.isInFile && $0.path.hasPrefix(prefix) }.map {
            $0.path.dropFirst(prefix.count)
        }
        return Set(rests.map { String($0.prefix { $0 != "." && $0 != "[" }) })
    }

    private func isList(_ generic: String) -> Bool {
        Setting.at(generic)?.shape == .list || Setting.all.contains { $0.path.hasPrefix(generic + "[]") }
    }

    private func listOf(_ setting: String) -> String {
        setting.hasSuffix("]") ? String(setting[..<(setting.lastIndex(of: "[") ?? setting.endIndex)]) : ""
    }

    private func expected(at setting: String) -> String {
        let generic = Setting.generic(setting)
        if isList(generic) { return "a list: lines that start with '- '" }
        let known = setting.isEmpty || !names(in: generic).isEmpty ? names(in: generic).sorted() : []
        return known.isEmpty ? "one value" : "a section with \(known.joined(separator: ", "))"
    }
}

/// A value left empty counts as not given.
private func isNull(_ node: Node) -> Bool {
    guard let scalar = node.scalar, scalar.style == .plain else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
}

/// The parser's reason without the line of the file that it would show: there may be a password in it.
private func reason(_ error: any Error) -> String {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
        .composer(_, let problem, let mark, _):
        "\(problem) in line \(mark.line), column \(mark.column)"
    case .reader(let problem, _, _, _):
        problem
    case .duplicatedKeysInMapping(let names, let context):
        "\(names.sorted().joined(separator: ", ").printable) stands there twice, in line \(context.mark.line)"
    default:
        "it is no YAML"
    }
}
