public import TaskModel

/// What a `build` step builds: the words of its `docker build`, read.
///
/// The words are those of a shell, since that is how docker's client gets them; quotes never reach it. (ACR Tasks reads
/// tags and build arguments a second time, cut at white space alone, for its record of dependencies; here both are the
/// same.)
public struct BuildCommand: Sendable {
    public enum Context: Sendable, Hashable {
        /// A folder; absolute, in a container with the workspace.
        case folder(String)
        /// A git reference or the URL of an archive, which is fetched first.
        case remote(String)
    }

    /// Of `RUN` instructions.
    public enum Network: String, Sendable, Hashable {
        case `default`, none, host
    }

    /// As written, nothing put in front.
    public let tags: [String]
    /// The last of two with the same name counts.
    public let arguments: [(name: String, value: String)]
    public let labels: [(name: String, value: String)]
    /// Absolute, in a container with the workspace, or relative to a remote context; nil is `Dockerfile` in the context.
    public let dockerfile: String?
    public let context: Context
    public let target: String?
    public let platform: Platform?
    public let noCache: Bool
    /// Images whose layers may be used.
    public let cacheSources: [String]
    /// The last of several counts.
    public let cacheTarget: CacheTarget?
    public let secrets: [BuildSecret]
    public let sshKeys: [BuildKeys]
    public let network: Network
    /// `name:address` each.
    public let extraHosts: [String]
    /// Of ``ContainerResources``, builds know shared memory and ulimits, and the classic builder memory and processors.
    public let resources: ContainerResources
    /// Whether the step asks for the classic builder, with `DOCKER_BUILDKIT=0`.
    public let isClassic: Bool
    /// Whether the cache is kept in the registry from run to run (`cache: enabled`).
    public let isCached: Bool

    /// - Throws: ``CommandProblem``.
    init(_ text: String, of step: TaskGraph.Step) throws(CommandProblem) {
        let line = try CommandOptions(
            ShellWords(text).words, of: "docker build", kinds: Self.kinds, short: Self.short, stopsAtWord: false)
        try Self.checkValues(line)
        guard line.rest.count <= 1 else {
            throw .syntax("it names more than one context: \(line.rest.joined(separator: ", "))")
        }
        let folder = ContainerCommand.folder(of: step) ?? ContainerCommand.workspace
        func resolve(_ path: String) -> String {
            ContainerCommand.folder(path.hasPrefix("/") ? path : folder + "/" + path)
        }
        guard line.last("file") != "-" else {
            throw .unsupported("the Dockerfile '-', since nothing is piped into a step. Name a file")
        }
        let written = line.rest.first ?? "."
        if try Self.isRemote(written) {
            context = .remote(written)
            dockerfile = line.last("file").map { String(ContainerCommand.folder("/" + $0).dropFirst()) }
        } else {
            context = .folder(resolve(written))
            dockerfile = line.last("file").map(resolve)
        }
        tags = line.values("tag")
        target = line.last("target")
        platform = try line.last("platform").map { (text) throws(CommandProblem) in
            guard let platform = Platform(text) else {
                throw .syntax("there is no platform '\(text)'; write linux/amd64 or linux/arm64")
            }
            return platform
        }
        noCache = line.isOn("no-cache")
        do throws(CacheOptionError) {
            cacheSources = try line.values("cache-from").map(CacheOption.source)
            cacheTarget = try line.last("cache-to").map(CacheOption.target)
        } catch {
            throw .unsupported("\(error)")
        }
        let environment = try Self.environment(of: step)
        secrets = try line.values("secret").map { (text) throws(CommandProblem) in
            try BuildSecret(text, environment: environment, resolve: resolve)
        }
        sshKeys = try line.values("ssh").map { (text) throws(CommandProblem) in
            try BuildKeys(text, resolve: resolve)
        }
        network =
            try line.last("network").map { (text) throws(CommandProblem) in
                guard let network = Network(rawValue: text) else {
                    throw .unsupported("the network '\(text)' for a build. default, none and host are")
                }
                return network
            } ?? .default
        extraHosts = line.values("add-host")
        resources = try ContainerResources(line)
        labels = line.pairs("label")
        // Without a value it is that of the variable; without that there is none.
        arguments = line.values("build-arg").compactMap { argument in
            guard !argument.contains("=") else { return CommandOptions.pair(argument) }
            return environment[argument].map { (argument, $0) }
        }
        isClassic = step.environment.last { $0.hasPrefix("DOCKER_BUILDKIT=") } == "DOCKER_BUILDKIT=0"
        isCached = step.isCached
    }

    /// The variables of the container in which docker's client would run.
    private static func environment(of step: TaskGraph.Step) throws(CommandProblem) -> [String: String] {
        var variables: [String: String] = [:]
        for entry in step.environment {
            let words = try ShellWords(entry).words
            guard words.count <= 1 else {
                throw .syntax("the variable '\(entry)' is more than one word; put its value into quotes: NAME='a b'")
            }
            guard let word = words.first, word.contains("=") else { continue }
            let (name, value) = CommandOptions.pair(word)
            variables[name] = value
        }
        return variables
    }

    // MARK: Values

    private static func checkValues(_ line: CommandOptions) throws(CommandProblem) {
        if let isolation = line.last("isolation"), !["", "default"].contains(isolation.lowercased()) {
            throw .unsupported("the isolation '\(isolation)', which is one of Windows. Leave it out")
        }
        for name in ["provenance", "sbom"] {
            guard let value = line.last(name), !["false", "0"].contains(value) else { continue }
            throw .unsupported("'--\(name)=\(value)': images are pushed without attestations. Leave it out")
        }
    }

    private static func isRemote(_ text: String) throws(CommandProblem) -> Bool {
        if text == "-" { throw .unsupported("the context '-', since nothing is piped into a step. Name a folder") }
        if text.hasPrefix("git@") || text.hasPrefix("github.com/") { return true }
        guard let separator = text.firstRange(of: "://") else { return false }
        switch text[..<separator.lowerBound].lowercased() {
        case "https", "http", "ssh": return true
        case "git":
            throw .unsupported("the context '\(text)': git:// has no encryption. Write https:// in its place")
        case "oci": throw .unsupported("the context '\(text)' of a step. Make it the context of the run")
        default: throw .unsupported("the context '\(text)'. Folders, git references and URLs of archives are")
        }
    }

    /// What it takes beyond a build of its own.
    func needs(of step: TaskGraph.Step) -> [StepNeed] {
        var needs: [StepNeed] = []
        if step.isPrivileged {
            needs.append(
                StepNeed(
                    .privileged, "'privileged'",
                    alternative: "It has no effect on what RUN instructions may do, so it can be left out"))
        }
        if network == .host { needs.append(StepNeed(.hostNetwork, "'--network host'")) }
        return needs
    }
}
