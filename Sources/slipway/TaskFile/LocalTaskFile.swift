import Contexts
import Foundation
import TaskFiles
import TaskModel

/// A task file on this machine, and what it is given: loaded as an agent does, and never run.
struct LocalTaskFile {
    let text: String
    var run: RunVariables
    var values: String?
    var overrides: [(name: String, value: String)] = []
    var defaults = TaskDefaults()
    /// What `secrets` of the file name.
    var secrets: [SecretLocation: Secret] = [:]
    /// Where files of aliases are.
    var folder = "."
    var settings = TaskFileSettings(allowsRemoteAliases: false)
    var policy = PoolPolicy.allowingAll

    init(text: String, run: RunVariables) {
        self.text = text
        self.run = run
    }

    /// - Throws: ``TaskFileError``; ``CommandError`` for a file of aliases that can't be read, and a secret that is not
    ///   given.
    func load() async throws -> LoadedTask {
        let data = try TemplateData(run: run, valuesFile: values, overrides: overrides)
        return try await TaskFileLoader(settings: settings, policy: policy).load(
            text, with: data, defaults: defaults, sources: GivenSources(folder: folder, secrets: secrets))
    }

    /// What a task file draws in, out of a folder and of what was given.
    private struct GivenSources: TaskFileSources {
        let folder: String
        let secrets: [SecretLocation: Secret]

        func file(_ path: String) async throws -> [UInt8]? {
            let full = folder + "/" + path
            guard FileManager.default.fileExists(atPath: full) else { return nil }
            return try readFile(full)
        }

        func download(_ url: String, limit: Int, within time: Duration) async throws -> [UInt8] {
            throw CommandError.unreadable(file: url, reason: "nothing is downloaded here")
        }

        func secret(_ location: SecretLocation, clientID: String?) async throws -> Secret {
            guard let secret = secrets[location] else { throw CommandError.secretNotGiven("\(location)") }
            return secret
        }
    }
}
