import ArgumentParser
import Foundation
import TaskFiles
import TaskModel

/// What a task file is given on this machine, where no server knows it.
struct TaskFileOptions: ParsableArguments {
    @Option(
        name: .customLong("run"),
        help: ArgumentHelp(
            "The run variables, as JSON: id, registry, date, taskName, commit, branch, gitTag, repository, triggeredBy, os, architecture.",
            valueName: "file.json"), completion: .file())
    var runFile: String?

    @Option(
        help: ArgumentHelp("The login server of the registry, for $Registry and {{.Run.Registry}}.", valueName: "host"))
    var registry: String?

    @Option(name: .customLong("values"), help: "A file of values for templates.", completion: .file())
    var valuesFile: String?

    @Option(
        name: .customLong("set"),
        help: "A value NAME=VALUE for templates; NAME alone has that of the environment. May be repeated.")
    var values: [String] = []

    @Option(
        name: .customLong("set-secret"),
        help: "As --set, masked in the output. Prefer NAME alone: other users of this machine can see the command line."
    )
    var secretValues: [String] = []

    @Option(
        name: .customLong("secrets"),
        help: ArgumentHelp(
            "What 'secrets' of the file name, as JSON: {\"https://VAULT/secrets/NAME\": \"value\"}.",
            valueName: "file.json"), completion: .file())
    var secretsFile: String?

    @Option(
        name: .customLong("default-env"), help: "An environment variable NAME=VALUE for all steps. May be repeated.")
    var defaultEnvironment: [String] = []

    @Option(help: "The working directory of steps that name none.")
    var defaultWorkingDirectory: String?

    @Option(help: "An existing network for steps that name none.")
    var defaultNetwork: String?

    /// Of a file of secrets: all of a large vault.
    private static let maxSecretBytes = 4 << 20

    var defaults: TaskDefaults {
        TaskDefaults(workingDirectory: defaultWorkingDirectory, env: defaultEnvironment, network: defaultNetwork)
    }

    /// What templates can ask about the run; what is not given is made up.
    func variables() throws -> RunVariables {
        let given = try runFile.map { try Self.decode(GivenVariables.self, from: $0) } ?? GivenVariables()
        return RunVariables(
            id: given.id ?? "ca1", registry: registry ?? given.registry ?? "localhost:5000",
            date: given.date ?? Date(), os: given.os ?? "linux", osVersion: given.osVersion ?? "",
            architecture: given.architecture ?? Platform.linuxAMD64.architecture ?? "", commit: given.commit ?? "",
            branch: given.branch ?? "", gitTag: given.gitTag ?? "", repository: given.repository ?? "",
            triggeredBy: given.triggeredBy ?? "Manual", taskName: given.taskName ?? "",
            sharedVolume: given.sharedVolume ?? "workspace")
    }

    /// `--set` and `--set-secret`, a name alone with the value that it has in the environment.
    var taskValues: [TaskValue] {
        values.map { TaskValue(typed: $0, isSecret: false) } + secretValues.map { TaskValue(typed: $0, isSecret: true) }
    }

    func valuesText() throws -> String? {
        try valuesFile.map { try TaskFile.text(of: try readFile($0), "the file of values") }
    }

    /// The stand-in for a server's store.
    func secretStore() throws -> [SecretLocation: Secret] {
        guard let secretsFile else { return [:] }
        var store: [SecretLocation: Secret] = [:]
        for (location, value) in try Self.decode([String: String].self, from: secretsFile, limit: Self.maxSecretBytes) {
            do {
                store[try SecretLocation(location)] = Secret(value)
            } catch {
                throw CommandError.malformed(file: secretsFile, reason: "\(error)")
            }
        }
        return store
    }

    static func text(of file: String) throws -> String {
        try TaskFile.text(of: file == "-" ? try readAll(0, name: "standard input") : try readFile(file))
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, from file: String, limit: Int = 1 << 20) throws
        -> Value
    {
        let bytes = try readFile(file, limit: limit)
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        do {
            return try decoder.decode(type, from: Data(bytes))
        } catch {
            throw CommandError.notJSON(file: file, reason: Self.words(error))
        }
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.keyNotFound(_, let context), DecodingError.dataCorrupted(let context):
            (context.codingPath.map(\.stringValue).joined(separator: ".") + " " + context.debugDescription)
                .trimmingCharacters(in: .whitespaces)
        default: "\(error)"
        }
    }
}

private struct GivenVariables: Decodable {
    var id, registry, taskName, commit, branch, gitTag, repository, triggeredBy, sharedVolume, os, osVersion: String?
    var architecture: String?
    var date: Date?
}
