import TaskModel

/// Something that a command puts into its container's file system: `--volume`, `--mount`, `--tmpfs`.
public struct ContainerMount: Sendable, Hashable {
    public enum Source: Sendable, Hashable {
        /// The volume behind the workspace of the run (`.Run.SharedVolume`).
        case workspace
        /// A volume of the daemon, by name.
        case volume(String)
        /// A new volume that goes with the container.
        case anonymous
        /// A path of the host.
        case host(String)
        /// Memory, at most this many bytes and with these permissions; nil is the daemon's choice.
        case memory(bytes: Int64?, mode: UInt32?)
    }

    public let source: Source
    /// Where in the container; absolute.
    public let path: String
    public let isReadOnly: Bool
    /// `rshared` and its like, for paths of the host.
    public let propagation: String?
    /// Whether a new volume stays empty where the image has files.
    public let staysEmpty: Bool
    /// Whether a path of the host that does not exist is made, as `--volume` does.
    public let isMade: Bool

    private init(
        _ source: Source, path: String, isReadOnly: Bool = false, propagation: String? = nil, staysEmpty: Bool = false,
        isMade: Bool = false
    ) throws(CommandProblem) {
        guard path.hasPrefix("/") else { throw .syntax("'\(path)' is no place for a volume: it must begin with '/'") }
        self.source = source
        self.path = path
        self.isReadOnly = isReadOnly
        self.propagation = propagation
        self.staysEmpty = staysEmpty
        self.isMade = isMade
    }

    /// What a policy must give for it; nil for what stays within the run.
    var need: StepNeed? {
        switch source {
        case .workspace, .anonymous, .memory: nil
        case .host("/var/run/docker.sock"), .host("/run/docker.sock"):
            StepNeed(.dockerSocket, "the daemon's socket")
        case .host(let path):
            StepNeed(
                .hostPaths, "the folder '\(path)' of the host", alternative: "Steps share files in /workspace")
        case .volume(let name):
            StepNeed(.hostPaths, "the volume '\(name)'", alternative: "Steps share files in /workspace")
        }
    }

    private static let propagations: Set<String> = ["private", "rprivate", "shared", "rshared", "slave", "rslave"]

    // MARK: Reading

    /// Reads `[source:]path[:options]`.
    ///
    /// - Parameter sharedVolume: the name that the volume behind the workspace has in this run.
    static func volume(_ text: String, sharedVolume: String) throws(CommandProblem) -> ContainerMount {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 3, let first = parts.first, parts.allSatisfy({ !$0.isEmpty }) else {
            throw .syntax("'\(text)' is no volume; write SOURCE:PATH or SOURCE:PATH:ro")
        }
        guard parts.count > 1 else { return try ContainerMount(.anonymous, path: first) }
        var isReadOnly = false
        var staysEmpty = false
        var propagation: String?
        for option in parts.dropFirst(2).joined().split(separator: ",") {
            switch option {
            case "ro", "readonly": isReadOnly = true
            case "nocopy": staysEmpty = true
            case "rw", "cached", "delegated", "consistent", "default": break
            case _ where propagations.contains(String(option)): propagation = String(option)
            default:
                throw .unsupported(
                    "the option '\(option)' of the volume '\(text)'. ro, rw, nocopy and those of "
                        + "propagation are")
            }
        }
        return try ContainerMount(
            try source(first, sharedVolume: sharedVolume), path: parts[1], isReadOnly: isReadOnly,
            propagation: propagation, staysEmpty: staysEmpty, isMade: true)
    }

    /// Reads `path[:options]`.
    static func temporary(_ text: String) throws(CommandProblem) -> ContainerMount {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var bytes: Int64?
        var mode: UInt32?
        var isReadOnly = false
        for option in parts.dropFirst().joined().split(separator: ",") {
            let (name, value) = CommandOptions.pair(String(option))
            switch name {
            case "size": bytes = try CommandAmount.bytes(value)
            case "mode": mode = try self.mode(value)
            case "ro": isReadOnly = true
            case "rw", "noexec", "nosuid", "nodev", "noatime": break
            default: throw .unsupported("the option '\(option)' of --tmpfs. size, mode and ro are")
            }
        }
        return try ContainerMount(.memory(bytes: bytes, mode: mode), path: parts[0], isReadOnly: isReadOnly)
    }

    /// Reads `type=…,source=…,target=…` and its other forms.
    static func mount(_ text: String, sharedVolume: String) throws(CommandProblem) -> ContainerMount {
        var kind = "volume"
        var name = ""
        var path = ""
        var isReadOnly = false
        var staysEmpty = false
        var propagation: String?
        var bytes: Int64?
        var mode: UInt32?
        for field in text.split(separator: ",") {
            let (key, value) = CommandOptions.pair(String(field))
            let isOn = !["false", "0"].contains(value)
            switch key.lowercased() {
            case "type": kind = value.lowercased()
            case "source", "src": name = value
            case "target", "dst", "destination": path = value
            case "readonly", "ro": isReadOnly = isOn
            case "volume-nocopy": staysEmpty = isOn
            case "bind-propagation" where propagations.contains(value): propagation = value
            case "tmpfs-size": bytes = try CommandAmount.bytes(value)
            case "tmpfs-mode": mode = try self.mode(value)
            case "consistency": break
            default: throw .unsupported("'\(field)' of --mount. type, source, target and readonly are")
            }
        }
        let source: Source
        switch kind {
        case "bind":
            guard name.hasPrefix("/") else { throw .syntax("'\(name)' is no path of the host; it must begin with '/'") }
            source = .host(name)
        case "volume": source = name.isEmpty ? .anonymous : name == sharedVolume ? .workspace : .volume(name)
        case "tmpfs": source = .memory(bytes: bytes, mode: mode)
        default: throw .unsupported("the type '\(kind)' of --mount. bind, volume and tmpfs are")
        }
        return try ContainerMount(
            source, path: path, isReadOnly: isReadOnly, propagation: propagation, staysEmpty: staysEmpty)
    }

    private static func source(_ text: String, sharedVolume: String) throws(CommandProblem) -> Source {
        if text.hasPrefix("/") { return .host(text) }
        guard !text.hasPrefix("."), !text.hasPrefix("~"), !text.contains("/") else {
            throw .unsupported("the folder '\(text)', which is relative. The files of the run are in /workspace anyway")
        }
        return !sharedVolume.isEmpty && text == sharedVolume ? .workspace : .volume(text)
    }

    private static func mode(_ text: String) throws(CommandProblem) -> UInt32 {
        guard let mode = UInt32(text, radix: 8), mode <= 0o7777 else { throw .syntax("'\(text)' are no permissions") }
        return mode
    }
}
