/// What was given for each setting, the layers laid over one another: file, then environment, then flags.
struct SettingValues: Sendable {
    struct Given: Sendable {
        let text: String
        let source: SettingSource
        /// The folder that a relative path in the value starts from; nil for the current one.
        let folder: String?
    }

    /// Values by path, with the indexes of lists: `registries[0].name`, `sources.allow[1]`.
    private var given: [String: Given] = [:]
    /// Lists and sections by path, and how many entries they have.
    private var sections: [String: (count: Int, source: SettingSource)] = [:]

    init() {}

    /// Gives a value to a text setting, in place of what a lower layer gave.
    mutating func set(_ path: String, to value: Given) {
        // A secret and the file it may come from are one setting in two forms: a higher layer's replaces either,
        // while two forms in one layer stay, to be told as a conflict.
        for form in Self.forms(of: path) where given[form].map({ !$0.source.isSameLayer(as: value.source) }) ?? false {
            given[form] = nil
        }
        given[path] = value
    }

    /// Gives the values of a list, in place of the whole list of a lower layer.
    mutating func setList(_ path: String, to values: [Given], source: SettingSource) {
        removeList(path)
        sections[path] = (values.count, source)
        for (index, value) in values.enumerated() { given["\(path)[\(index)]"] = value }
    }

    /// Notes a value as it stands in the file, where all forms of a setting are kept so that conflicts can be told.
    mutating func note(_ path: String, _ value: Given) {
        given[path] = value
    }

    mutating func noteSection(_ path: String, count: Int, source: SettingSource) {
        sections[path] = (count, source)
    }

    mutating func removeList(_ path: String) {
        given = given.filter { !$0.key.hasPrefix(path + "[") }
        sections = sections.filter { !$0.key.hasPrefix(path + "[") && $0.key != path }
    }

    /// The value of a setting: given, or its default.
    func value(_ path: String) -> Given? {
        if let value = given[path] { return value }
        guard case .value(let text)? = Setting.at(path)?.standard else { return nil }
        return Given(text: text, source: .default, folder: nil)
    }

    func isGiven(_ path: String) -> Bool {
        given[path] != nil
    }

    /// Where secrets were given, the files that hold one left out.
    var secretPaths: [String] {
        given.keys.filter { Setting.at($0)?.isSecret == true }
    }

    /// How many entries a list has; 0 if nobody gave one.
    func count(_ list: String) -> Int {
        sections[list]?.count ?? 0
    }

    /// Where a setting, or else what it is part of, was given.
    func place(_ path: String) -> SettingPlace {
        var part = Substring(path)
        while true {
            if let source = given[String(part)]?.source ?? sections[String(part)]?.source {
                return SettingPlace(setting: path, source: source)
            }
            guard let end = part.lastIndex(where: { $0 == "." || $0 == "[" }) else { break }
            part = part[..<end]
        }
        return SettingPlace(setting: path, source: .default)
    }

    private static func forms(of path: String) -> [String] {
        guard let dot = path.lastIndex(of: ".") else { return [] }
        let names = ["password", "passwordFile", "tokenFile"]
        guard names.contains(String(path[path.index(after: dot)...])) else { return [] }
        return names.map { path[...dot] + $0 }
    }
}
