extension SettingValues {
    /// All layers: the file, over it the environment, over that the flags.
    ///
    /// - Throws: ``ConfigurationError`` for a file that can't be read or has settings that don't exist.
    static func layers(options: ServerOptions, environment: [String: String]) throws(ConfigurationError)
        -> SettingValues
    {
        var values = SettingValues()
        let environment = environment.filter { !$0.value.isEmpty }
        if let file = options.config ?? environment["SLIPWAY_CONFIG"] {
            try values.addFile(absolutePath(file, from: nil))
        }
        // Lists first: a password in the environment is for the first registry, whichever layer names that.
        for setting in Setting.all { values.addList(setting, options: options, environment: environment) }
        for setting in Setting.all where setting.shape == .text && setting.path != registryList + "[].loginServer" {
            let path = setting.path.replacing("[]", with: "[0]")
            if let name = setting.environment, let text = environment[name] {
                values.set(path, to: Given(text: text, source: .environment(name), folder: nil))
            }
            if let name = setting.flag, let text = options.texts[name] {
                values.set(path, to: Given(text: text, source: .flag(name), folder: nil))
            }
        }
        return values
    }

    private mutating func addList(_ setting: Setting, options: ServerOptions, environment: [String: String]) {
        var layers: [(texts: [String], source: SettingSource)] = []
        if let name = setting.environment, let text = environment[name] {
            layers.append((text.split(separator: ",").map { String($0.trimmingSpaces) }, .environment(name)))
        }
        if let name = setting.flag, let texts = options.lists[name] { layers.append((texts, .flag(name))) }

        for (texts, source) in layers {
            if setting.path == registryList + "[].loginServer" {
                setRegistries(texts, source: source)
            } else if setting.shape == .list {
                setList(setting.path, to: texts.map { Given(text: $0, source: source, folder: nil) }, source: source)
            }
        }
    }

    /// Registries as one text each: `LOGINSERVER` or `NAME=LOGINSERVER[=ENDPOINT]`.
    private mutating func setRegistries(_ texts: [String], source: SettingSource) {
        removeList(registryList)
        noteSection(registryList, count: texts.count, source: source)
        for (index, text) in texts.enumerated() {
            let parts = text.split(separator: "=", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            let names = parts.count == 1 ? ["loginServer"] : ["name", "loginServer", "endpoint"]
            for (name, part) in zip(names, parts) {
                set("\(registryList)[\(index)].\(name)", to: Given(text: part, source: source, folder: nil))
            }
        }
    }
}

private let registryList = "registries"

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        var text = self.drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return text
    }
}
