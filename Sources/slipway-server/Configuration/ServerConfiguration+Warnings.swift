import FoundationEssentials
import TaskModel

extension ServerConfiguration {
    /// Things that work but were perhaps not meant.
    static func warnings(
        _ values: SettingValues, options: ServerOptions, environment: [String: String]
    ) -> [ConfigurationWarning] {
        var warnings = mistypedVariables(environment).map { name, suggestion in
            ConfigurationWarning(
                message: "variable is not known, perhaps mistyped", subject: "\(name) (\(suggestion)?)")
        }
        if let file = options.config ?? environment["SLIPWAY_CONFIG"], values.hasSecretsInFile, isReadableByOthers(file)
        {
            warnings.append(
                ConfigurationWarning(
                    message: "configuration file holds passwords and can be read by other users", subject: file))
        }
        return warnings
    }

    /// Variables close to one of ours. Others that begin the same way are no mistake: orchestrators make
    /// `SLIPWAY_PORT` and such.
    private static func mistypedVariables(_ environment: [String: String]) -> [(String, String)] {
        let prefix = "SLIPWAY_"
        let known = Set(Setting.all.compactMap(\.environment).map { String($0.dropFirst(prefix.count)) })
        let others = environment.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
        return others.filter { !known.contains($0) }.sorted().compactMap { name in
            nearestName(to: name, in: known).map { (prefix + name, prefix + $0) }
        }
    }

    private static func isReadableByOthers(_ path: String) -> Bool {
        // The file was read a moment ago; should it be gone by now, there is nothing to warn of.
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.posixPermissions] as? Int ?? 0) & 0o044 != 0
    }
}
