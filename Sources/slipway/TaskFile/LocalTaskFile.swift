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
    /// What stands for each of them where none is given.
    var assumedSecret: Secret?
    /// Hides secrets in what is shown.
    var mask = SecretMask([])
    /// Where files of aliases are.
    var folder = "."
    var settings = TaskFileSettings(allowsRemoteAliases: false)
    var policy = PoolPolicy.allowingAll

    init(text: String, run: RunVariables) {
        self.text = text
        self.run = run
    }

    /// - Throws: ``TaskFileError``, also for a secret that is not given; ``CommandError`` for a file of aliases that
    ///   can't be read.
    func load() async throws -> LoadedTask {
        try await loader.load(text, with: try data, defaults: defaults, sources: sources)
    }

    /// The text with aliases and templates filled in, whatever it says.
    ///
    /// - Throws: as ``load()``.
    func render() async throws -> String {
        try await loader.render(text, with: try data, sources: sources)
    }

    private var loader: TaskFileLoader { TaskFileLoader(settings: settings, policy: policy) }

    private var data: TemplateData {
        get throws { try TemplateData(run: run, valuesFile: values, overrides: overrides) }
    }

    private var sources: GivenSources { GivenSources(folder: folder, secrets: secrets, assumedSecret: assumedSecret) }

    /// What a task file draws in, out of a folder and of what was given.
    private struct GivenSources: TaskFileSources {
        let folder: String
        let secrets: [SecretLocation: Secret]
        let assumedSecret: Secret?

        func file(_ path: String) async throws -> [UInt8]? {
            let full = folder + "/" + path
            guard FileManager.default.fileExists(atPath: full) else { return nil }
            return try readFile(full)
        }

        func download(_ url: String, limit: Int, within time: Duration) async throws -> [UInt8] {
            throw CommandError.unreadable(file: url, reason: "nothing is downloaded here")
        }

        func secret(_ location: SecretLocation, clientID: String?) async throws -> Secret {
            guard let secret = secrets[location] ?? assumedSecret else {
                throw TaskFileError(.secretFetch, "\(CommandError.secretNotGiven("\(location)"))")
            }
            return secret
        }
    }
}
