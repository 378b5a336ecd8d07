/// Why the server can't start with the configuration it was given.
enum ConfigurationError: Error, Equatable {
    /// A value that can't be used. `value` is nil where it must not be shown, or has no text.
    case invalid(SettingPlace, value: String?, expected: String)
    case missing(SettingPlace, expected: String)
    case unknown(SettingPlace, suggestion: String?)
    case conflict(SettingPlace, with: String)
    /// A file named by a setting that can't be read.
    case unreadable(SettingPlace, path: String, reason: String)
    /// The configuration file itself.
    case noYAML(path: String, reason: String)
}

extension ConfigurationError: CustomStringConvertible {
    var description: String {
        switch self {
        case .invalid(let place, let value?, let expected):
            "\(place) is '\(value.printable)'. It should be \(expected)."
        case .invalid(let place, nil, let expected):
            "\(place) can't be used. It should be \(expected)."
        case .missing(let place, let expected):
            "\(place) is missing. It should be \(expected)."
        case .unknown(let place, let suggestion?):
            "\(place) is no setting. Did you mean '\(suggestion)'?"
        case .unknown(let place, nil):
            "\(place) is no setting. `slipway-server settings` lists all of them."
        case .conflict(let place, let other):
            "\(place) is given together with \(other). Keep one of them."
        case .unreadable(let place, let path, let reason):
            "\(place) names the file \(path.printable), which can't be used: \(reason)."
        case .noYAML(let path, let reason):
            "The configuration file \(path.printable) can't be read: \(reason)."
        }
    }
}

/// A setting with the place where its value was found, so that people know what to change.
struct SettingPlace: Sendable, Equatable, CustomStringConvertible {
    /// As in the configuration file: `registries[0].endpoint`.
    let setting: String
    let source: SettingSource

    var description: String {
        switch source {
        case .flag(let name): "\(setting) (from \(name))"
        case .environment(let name): "\(setting) (from \(name))"
        case .file(let path, let line): "\(setting.printable) (\(path), line \(line))"
        case .default: setting
        }
    }
}

enum SettingSource: Sendable, Equatable {
    case flag(String)
    case environment(String)
    case file(String, line: Int)
    case `default`

    func isSameLayer(as other: SettingSource) -> Bool {
        switch (self, other) {
        case (.flag, .flag), (.environment, .environment), (.file, .file), (.default, .default): true
        default: false
        }
    }
}

extension String {
    /// The text without control characters and of bounded length, fit for a line of a terminal or a log.
    var printable: String {
        let shown = unicodeScalars.prefix(200).map { $0.properties.generalCategory == .control ? "?" : String($0) }
        return shown.joined() + (unicodeScalars.count > 200 ? "…" : "")
    }
}
