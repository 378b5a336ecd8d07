/// What a `build` step builds: the words of its `docker build`, read.
public struct BuildCommand: Sendable {
    /// As written, nothing put in front.
    public let tags: [String]
    /// The last of two with the same name counts.
    public let arguments: [(name: String, value: String)]
    public let labels: [(name: String, value: String)]
    /// Absolute, in a container with the workspace; nil is `Dockerfile` in the context.
    public let dockerfile: String?
    /// The folder of the context; absolute, in a container with the workspace.
    public let context: String
    public let target: String?
    public let platform: String?
    public let noCache: Bool
    /// Whether the step asks for the classic builder, with `DOCKER_BUILDKIT=0`.
    public let isClassic: Bool

    /// - Throws: ``TaskFileError`` of the stage `command`.
    public init(_ text: String, of step: TaskGraph.Step) throws(TaskFileError) {
        do {
            try self.init(words: ShellWords(text).words, step: step)
        } catch {
            throw TaskFileError(error, "The build", of: step)
        }
    }

    private init(words: [String], step: TaskGraph.Step) throws(CommandProblem) {
        if step.isPrivileged { throw .denied("'privileged' is denied by the policy of the agent pool") }
        if step.isCached { throw .unsupported("'cache: enabled'") }
        if !step.mounts.isEmpty { throw .unsupported("'volumeMounts'") }
        let line = try CommandOptions(
            words, of: "docker build", kinds: Self.kinds, short: Self.short, stopsAtWord: false)
        func values(_ name: String) -> [String] { line.options.filter { $0.name == name }.map(\.value) }
        guard line.rest.count <= 1 else {
            throw .syntax("it names more than one context: \(line.rest.joined(separator: ", "))")
        }
        let written = line.rest.first ?? "."
        guard !written.contains("://"), written != "-", !written.hasPrefix("git@") else {
            throw .unsupported("the context '\(written)', which is no folder of the workspace")
        }
        let folder = ContainerCommand.folder(step.workingDirectory ?? "")
        func resolve(_ path: String) -> String {
            ContainerCommand.folder(path.hasPrefix("/") ? path : folder + "/" + path)
        }
        context = resolve(written)
        dockerfile = values("file").last.map(resolve)
        tags = values("tag")
        target = values("target").last
        platform = values("platform").last
        noCache = values("no-cache").last == "true"
        labels = values("label").map(Self.pair)
        let environment = Dictionary(step.environment.map(Self.pair)) { _, last in last }
        // Without a value it is that of the variable; without that there is none.
        arguments = values("build-arg").compactMap { argument in
            guard !argument.contains("=") else { return Self.pair(argument) }
            return environment[argument].map { (argument, $0) }
        }
        isClassic = environment["DOCKER_BUILDKIT"] == "0"
    }

    private static func pair(_ text: String) -> (name: String, value: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }

    private static let short: [Character: String] = ["t": "tag", "f": "file", "q": "quiet", "m": "memory"]

    private static let kinds: [String: CommandOptions.Kind] = [
        "tag": .value, "file": .value, "build-arg": .value, "label": .value, "target": .value, "platform": .value,
        "no-cache": .flag,
        // Bases are always asked for, and containers of builds never stay.
        "pull": .flag, "rm": .flag, "force-rm": .flag,
    ]
}
