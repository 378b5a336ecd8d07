/// What a `cmd` step runs: the words of its `docker run`, read.
public struct ContainerCommand: Sendable, Hashable {
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
    public let hostname: String?
    /// A name of the task's networks, `none`, or nil for docker's own default.
    public let network: String?
    public let networkAliases: [String]
    /// `8080:80/udp`, `127.0.0.1::80` and so on.
    public let publishedPorts: [PortMapping]
    public let exposedPorts: [PortMapping]
    public let labels: [String: String]
    public let extraHosts: [String]
    public let droppedCapabilities: [String]
    /// In billionths of a processor.
    public let nanoCPUs: Int64?
    /// In bytes.
    public let memory: Int64?
    public let pidsLimit: Int64?
    public let hasReadOnlyRoot: Bool
    public let hasInit: Bool

    /// The folder that steps share.
    public static let workspace = "/workspace"
    /// The home of the programs in steps.
    public static let home = "/acb/home"

    /// Reads the command of a step together with those of its properties that stand in the same line.
    ///
    /// - Throws: ``TaskFileError`` of the stage `command`.
    public init(_ text: String, of step: TaskGraph.Step) throws(TaskFileError) {
        do {
            try self.init(words: Self.words(text, of: step), step: step)
        } catch {
            throw TaskFileError(error, "The command", of: step)
        }
    }

    /// The whole line after `docker run`: options that properties make, then the command as written. Properties are no
    /// more than words in it: quotes in them are taken off, and a space that is not quoted begins another word.
    private static func words(_ text: String, of step: TaskGraph.Step) throws(CommandProblem) -> [String] {
        var line: [String] = ["--env", "HOME=\(home)"]
        func add(_ option: String, _ values: [String]) throws(CommandProblem) {
            for value in values { line += try [option] + ShellWords(value).words }
        }
        try add("--env", step.environment)
        try add("--publish", step.ports)
        try add("--expose", step.exposedPorts)
        try add("--entrypoint", step.entryPoint.map { [$0] } ?? [])
        try add("--user", step.user.map { [$0] } ?? [])
        try add("--network", step.network.map { [$0] } ?? [])
        try add("--cpus", step.cpus.map { [$0] } ?? [])
        if step.isPrivileged { line.append("--privileged") }
        return line + (try ShellWords(text).words)
    }

    private init(words: [String], step: TaskGraph.Step) throws(CommandProblem) {
        let line = try CommandOptions(
            words, of: "docker run", kinds: Self.kinds, short: Self.short, stopsAtWord: true)
        guard let image = line.rest.first else { throw .syntax("it names no image") }
        self.image = image
        arguments = Array(line.rest.dropFirst())
        func values(_ name: String) -> [String] { line.options.filter { $0.name == name }.map(\.value) }
        func last(_ names: String...) -> String? { line.options.last { names.contains($0.name) }?.value }
        // Without a value it would be the variable of whoever types it; here nobody does.
        environment = values("env").filter { $0.contains("=") }
        workingDirectory =
            last("workdir")
            ?? (step.keepsImageWorkingDirectory ? nil : Self.folder(step.workingDirectory ?? ""))
        entryPoint = last("entrypoint")
        user = last("user")
        hostname = last("hostname")
        network = try Self.network(last("network", "net"))
        networkAliases = values("network-alias") + values("net-alias")
        var published: [PortMapping] = []
        for text in values("publish") { published += try PortMapping.read(text) }
        publishedPorts = published
        var exposed: [PortMapping] = []
        for text in values("expose") { exposed += try PortMapping.read(text) }
        exposedPorts = exposed
        labels = Dictionary(
            values("label").map { label in
                let parts = label.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
            }
        ) { _, last in last }
        extraHosts = values("add-host")
        droppedCapabilities = values("cap-drop")
        nanoCPUs = try last("cpus").map { (text) throws(CommandProblem) in
            guard let number = Double(text), number >= 0, number < 100_000 else {
                throw .syntax("'\(text)' is no number of processors")
            }
            return Int64(number * 1e9)
        }
        memory = try last("memory").map(Self.bytes)
        pidsLimit = try last("pids-limit").map { (text) throws(CommandProblem) in
            guard let number = Int64(text) else { throw .syntax("'\(text)' is no number of processes") }
            return number
        }
        hasReadOnlyRoot = last("read-only") == "true"
        hasInit = last("init") == "true"
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

    private static func network(_ name: String?) throws(CommandProblem) -> String? {
        switch name {
        case nil, "", "default", "bridge": return nil
        case "host": throw .denied("the network 'host' is denied by the policy of the agent pool")
        case .some(let name) where name.contains(":") || name.contains("="):
            throw .unsupported("the network '\(name)'")
        case .some(let name): return name
        }
    }

    /// `512m`, `1g`, `1048576`: powers of 1,024.
    private static func bytes(_ text: String) throws(CommandProblem) -> Int64 {
        let lower = text.lowercased()
        let digits = lower.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        let units: [Substring: Double] = [
            "": 1, "b": 1, "k": 0x400, "kb": 0x400, "m": 0x10_0000, "mb": 0x10_0000, "g": 0x4000_0000,
            "gb": 0x4000_0000,
        ]
        guard let number = Double(digits), let unit = units[lower.dropFirst(digits.count)], number * unit < 1e18 else {
            throw .syntax("'\(text)' is no amount of memory")
        }
        return Int64(number * unit)
    }
}

/// One port, or one that leads to another.
public struct PortMapping: Sendable, Hashable {
    public let port: UInt16
    /// `tcp`, `udp` or `sctp`.
    public let transport: String
    /// Of the host; empty is all.
    public let address: String
    /// Nil is any that is free.
    public let hostPort: UInt16?

    /// Reads `[[address:]host:]port[/transport]`, in which ports may be ranges of the same length.
    static func read(_ text: String) throws(CommandProblem) -> [PortMapping] {
        let halves = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let transport = halves.count > 1 ? halves[1].lowercased() : "tcp"
        var parts = halves[0].split(separator: ":", omittingEmptySubsequences: false)
        guard ["tcp", "udp", "sctp"].contains(transport), let last = parts.popLast(), let ports = range(last) else {
            throw .syntax("'\(text)' is no port")
        }
        let host = parts.popLast() ?? ""
        let address = parts.joined(separator: ":").trimmingBrackets
        guard !host.isEmpty else {
            return ports.map { PortMapping(port: $0, transport: transport, address: address, hostPort: nil) }
        }
        guard let hostPorts = range(host), hostPorts.count == ports.count else {
            throw .syntax("'\(text)' is no port")
        }
        return zip(ports, hostPorts).map {
            PortMapping(port: $0, transport: transport, address: address, hostPort: $1)
        }
    }

    private static func range(_ text: Substring) -> ClosedRange<UInt16>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
        guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first > 0, first <= last,
            last - first < 1_000
        else { return nil }
        return first...last
    }
}

extension String {
    fileprivate var trimmingBrackets: String {
        hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self
    }
}

extension ContainerCommand {
    private static let short: [Character: String] = [
        "e": "env", "h": "hostname", "w": "workdir", "u": "user", "p": "publish", "l": "label", "m": "memory",
        "i": "interactive", "t": "tty", "d": "detach", "v": "volume", "P": "publish-all", "c": "cpu-shares",
        "a": "attach", "q": "quiet",
    ]

    /// Options of `docker run` (docker 28).
    private static let kinds: [String: CommandOptions.Kind] = {
        var kinds: [String: CommandOptions.Kind] = [:]
        for name in [
            "env", "hostname", "workdir", "user", "entrypoint", "network", "net", "network-alias", "net-alias",
            "publish", "expose", "label", "add-host", "cap-drop", "cpus", "memory", "pids-limit",
        ] {
            kinds[name] = .value
        }
        for name in ["rm", "init", "read-only", "interactive", "quiet"] { kinds[name] = .flag }
        for name in ["tty", "detach", "publish-all", "no-healthcheck", "sig-proxy", "disable-content-trust"] {
            kinds[name] = .unsupportedFlag
        }
        for (name, what) in [
            ("volume", "folders of the host"), ("mount", "folders of the host"), ("device", "devices of the host"),
            ("device-cgroup-rule", "devices of the host"), ("gpus", "devices of the host"),
            ("cap-add", "more capabilities"), ("pid", "processes of the host"), ("ipc", "memory of the host"),
            ("uts", "the name of the host"), ("userns", "users of the host"), ("cgroupns", "groups of the host"),
            ("cgroup-parent", "groups of the host"), ("security-opt", "fewer barriers"),
            ("sysctl", "settings of the kernel"), ("volumes-from", "volumes of others"),
            ("runtime", "another runtime"), ("env-file", "files of the host"), ("cidfile", "files of the host"),
            ("label-file", "files of the host"),
        ] {
            kinds[name] = .denied(what)
        }
        kinds["privileged"] = .deniedFlag("all of the host")
        return kinds
    }()
}

extension TaskFileError {
    init(_ problem: CommandProblem, _ what: String, of step: TaskGraph.Step) {
        switch problem {
        case .syntax(let reason):
            self.init(.commandSyntax, at: step.place, "\(what) of the step '\(step.id)' can't be read: \(reason).")
        case .unsupported(let thing):
            self.init(
                .commandUnsupported, at: step.place,
                "\(what) of the step '\(step.id)' has something that is not supported here yet: \(thing).")
        case .denied(let reason):
            self.init(.policyDenied, at: step.place, "\(what) of the step '\(step.id)' is refused: \(reason).")
        }
    }
}
