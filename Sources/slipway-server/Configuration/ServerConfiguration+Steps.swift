import TaskModel

extension SettingValues {
    /// What the installation sets for all task files.
    func taskFiles() throws(ConfigurationError) -> TaskFileSettings {
        let image = try require("steps.shellImage", expected: "the name of an image, as in docker:28-cli") {
            (try? ImageReference($0)) == nil ? nil : $0  // the error says what is expected
        }
        var aliases: [String: String] = [:]
        let expected = "NAME=IMAGE with a name of letters and digits, as in bash=registry.example.com/bash:5"
        for (name, image) in try readList("steps.aliasImages", expected: expected, aliasImage) { aliases[name] = image }
        return TaskFileSettings(
            shellImage: image, aliasImages: aliases, allowsRemoteAliases: try bool("steps.remoteAliases"))
    }
}

extension SettingValues {
    /// What the installation sets for all builds.
    func builds() throws(ConfigurationError) -> BuildSettings {
        let expected =
            "IMAGE=IMAGE, as in docker/dockerfile=mirror.example.com/docker/dockerfile, IMAGE=builtin, or builtin"
        return BuildSettings(syntax: try readList("builds.syntax", expected: expected, SyntaxRule.init))
    }
}

private func aliasImage(_ text: String) -> (name: String, image: String)? {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2, parts[0].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }),
        (try? ImageReference(parts[1])) != nil  // the error says what is expected
    else { return nil }
    return (parts[0], parts[1])
}
