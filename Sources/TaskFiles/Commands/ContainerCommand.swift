public import TaskModel

/// What a `cmd` step runs: the words of its `docker run`, read.
public struct ContainerCommand: Sendable, Hashable {
    /// When to ask the image's registry.
    public enum Pull: String, Sendable, Hashable {
        case always, missing, never
    }

    /// As written.
    public let image: String
    public let arguments: [String]
    /// `NAME=value` each.
    public let environment: [String]
    /// Absolute; nil is the image's.
    public let workingDirectory: String?
    /// Nil is the image's; empty is none.
    public let entryPoint: String?
    public let user: String?
    public let groups: [String]
    public let hostname: String?
    public let domainName: String?
    public let labels: [String: String]
    public let annotations: [String: String]
    public let platform: Platform?
    /// Nil leaves it to the agent.
    public let pull: Pull?
    public let networking: ContainerNetworking
    public let resources: ContainerResources
    public let access: ContainerAccess
    public let health: ContainerHealth?
    public let mounts: [ContainerMount]
    public let hasReadOnlyRoot: Bool
    public let hasInit: Bool
    public let stopSignal: String?
    /// How long the program may take to end by itself.
    public let stopTimeout: Duration?
    /// Whether nobody waits for it: `detach` of the step, or `-d` in its line.
    public let isDetached: Bool

    /// The folder that steps share.
    public static let workspace = "/workspace"
    /// The home of the programs in steps.
    public static let home = "/acb/home"

    /// Reads the command of a step together with those of its properties that stand in the same line.
    ///
    /// - Parameter sharedVolume: the name that the volume behind the workspace has for the task (`.Run.SharedVolume`).
    /// - Throws: ``CommandProblem``.
    init(_ text: String, of step: TaskGraph.Step, sharedVolume: String) throws(CommandProblem) {
        var words: [String] = []
        for (option, value) in Self.properties(of: step) {
            words.append(option)
            if let value { words += try ShellWords(value).words }
        }
        words += try ShellWords(text).words
        try self.init(words: words, step: step, sharedVolume: sharedVolume)
    }

    /// The options that properties of a step make, with their values as written: no more than words of the line. Quotes
    /// in them are taken off, and a space that is not quoted begins another word.
    static func properties(of step: TaskGraph.Step) -> [(option: String, value: String?)] {
        var line: [(option: String, value: String?)] = [("--env", "HOME=\(home)")]
        line += step.environment.map { ("--env", $0) }
        line += step.ports.map { ("--publish", $0) }
        line += step.exposedPorts.map { ("--expose", $0) }
        for (option, value) in [
            ("--entrypoint", step.entryPoint), ("--user", step.user), ("--network", step.network),
            ("--cpus", step.cpus), ("--isolation", step.isolation),
        ] {
            if let value { line.append((option, value)) }
        }
        if step.isPrivileged { line.append(("--privileged", nil)) }
        return line
    }

    private init(words: [String], step: TaskGraph.Step, sharedVolume: String) throws(CommandProblem) {
        let line = try CommandOptions(
            words, of: "docker run", kinds: Self.kinds, short: Self.short, stopsAtWord: true)
        guard let image = line.rest.first, !image.isEmpty else { throw .syntax("it names no image") }
        try Self.checkCombinations(line)
        self.image = image
        arguments = Array(line.rest.dropFirst())
        // Without a value it would be the variable of whoever types it; here nobody does.
        environment = line.values("env").filter { $0.contains("=") }
        workingDirectory = line.last("workdir") ?? Self.folder(of: step)
        entryPoint = line.last("entrypoint")
        user = line.last("user")
        groups = line.values("group-add")
        hostname = line.last("hostname")
        domainName = line.last("domainname")
        labels = Dictionary(line.pairs("label").map { ($0.name, $0.value) }) { _, last in last }
        annotations = Dictionary(line.pairs("annotation").map { ($0.name, $0.value) }) { _, last in last }
        platform = try line.last("platform").map { (text) throws(CommandProblem) in
            guard let platform = Platform(text) else {
                throw .syntax("there is no platform '\(text)'; write linux/amd64 or linux/arm64")
            }
            return platform
        }
        pull = try line.last("pull").map { (text) throws(CommandProblem) in
            guard let pull = Pull(rawValue: text) else { throw .syntax("'--pull' is always, missing or never") }
            return pull
        }
        networking = try ContainerNetworking(line)
        resources = try ContainerResources(line)
        access = try ContainerAccess(line)
        health = try ContainerHealth(line)
        mounts = try Self.mounts(line, sharedVolume: sharedVolume)
        hasReadOnlyRoot = line.isOn("read-only")
        hasInit = line.isOn("init")
        stopSignal = line.last("stop-signal")
        stopTimeout = try line.number("stop-timeout", in: 0...86_400, "number of seconds").map { .seconds($0) }
        isDetached = step.isDetached || line.isOn("detach")
    }

    private static func mounts(_ line: CommandOptions, sharedVolume: String) throws(CommandProblem) -> [ContainerMount]
    {
        var mounts: [ContainerMount] = []
        for text in line.values("volume") { mounts.append(try .volume(text, sharedVolume: sharedVolume)) }
        for text in line.values("mount") { mounts.append(try .mount(text, sharedVolume: sharedVolume)) }
        for text in line.values("tmpfs") { mounts.append(try .temporary(text)) }
        return mounts
    }

    /// What docker's client would refuse.
    private static func checkCombinations(_ line: CommandOptions) throws(CommandProblem) {
        if line.isOn("tty"), line.isOn("interactive"), !line.isOn("detach") {
            throw .syntax("'-t' together with '-i' needs a terminal, and runs have none; leave both out")
        }
        if let isolation = line.last("isolation"), !["", "default"].contains(isolation.lowercased()) {
            throw .unsupported("the isolation '\(isolation)', which is one of Windows. Leave it out")
        }
        if let restart = line.last("restart"), !["", "no"].contains(restart) {
            throw .unsupported("'--restart \(restart)'. 'retries' and 'repeat' of the step are")
        }
    }

    /// What it takes beyond its own container.
    ///
    /// - Parameter networks: the names of the task's networks.
    func needs(networks: Set<String>) -> [StepNeed] {
        access.needs + (networking.need(networks).map { [$0] } ?? []) + mounts.compactMap(\.need)
    }

    // MARK: Working directories

    /// That of a step; nil is the image's.
    static func folder(of step: TaskGraph.Step) -> String? {
        step.keepsImageWorkingDirectory ? nil : folder(step.workingDirectory ?? "")
    }

    /// A working directory as containers get it: below the workspace unless it is absolute, `.`, `..` and doubled
    /// slashes resolved.
    public static func folder(_ written: String) -> String {
        var parts: [Substring] = []
        for part in (written.hasPrefix("/") ? written : workspace + "/" + written).split(separator: "/")
        where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
