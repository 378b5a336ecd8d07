/// A request to carry out a task file (`FileTaskRunRequest` and `EncodedTaskRunRequest` of the resource API).
public struct TaskFileRequest: CommonRequest, Hashable {
    public var taskFile: TaskFileSource
    public var valuesFile: TaskFileSource?
    /// For `.Values` of templates; they win over those of ``valuesFile``.
    public var values: [TaskValue]
    public var sourceLocation: String?
    /// Whether an upload is a folder that somebody packed, whose ignore file says what is a part of it.
    public var appliesIgnoreFile: Bool
    /// Puts `.git` into the context, as `!.git/**` at the end of the ignore file would.
    public var includeGit: Bool
    public var platform: Platform
    /// How many processors were asked for; recorded and shown only.
    public var cpu: Int?
    /// The longest the run may take; nil for the server's default.
    public var timeout: Duration?
    public var agentPoolName: String?
    public var logTemplate: String?
    public var loginMode: RegistryLoginMode
    /// What pulls and pushes at other registries, by host in lower case.
    public var customCredentials: [String: Credential]
    /// Logins at more of them, for which secrets of the run's registry are looked up when the run is handed out.
    public var vaultLogins: [String: VaultLogin]
    public var queue: QueueSettings

    public init(
        taskFile: TaskFileSource, valuesFile: TaskFileSource? = nil, values: [TaskValue] = [],
        sourceLocation: String? = nil, appliesIgnoreFile: Bool = true, includeGit: Bool = false,
        platform: Platform = .linuxAMD64, cpu: Int? = nil, timeout: Duration? = nil, agentPoolName: String? = nil,
        logTemplate: String? = nil, loginMode: RegistryLoginMode = .default,
        customCredentials: [String: Credential] = [:], vaultLogins: [String: VaultLogin] = [:],
        queue: QueueSettings = QueueSettings()
    ) {
        self.taskFile = taskFile
        self.valuesFile = valuesFile
        self.values = values
        self.sourceLocation = sourceLocation
        self.appliesIgnoreFile = appliesIgnoreFile
        self.includeGit = includeGit
        self.platform = platform
        self.cpu = cpu
        self.timeout = timeout
        self.agentPoolName = agentPoolName
        self.logTemplate = logTemplate
        self.loginMode = loginMode
        self.customCredentials = customCredentials
        self.vaultLogins = vaultLogins
        self.queue = queue
    }

    public var secrets: [Secret] { values.filter(\.isSecret).map(\.value) + customCredentials.values.map(\.password) }
}

/// Where a task file, or a file of values for it, is found.
public enum TaskFileSource: Sendable, Hashable {
    /// A path in the context.
    case path(String)
    /// The text itself. It may hold what nobody else should see.
    case content(Secret)
}

/// One value for templates: `--set` and `--set-secret`.
public struct TaskValue: Sendable, Hashable, Codable {
    public let name: String
    public let value: Secret
    public let isSecret: Bool

    public init(name: String, value: Secret, isSecret: Bool) {
        self.name = name
        self.value = value
        self.isSecret = isSecret
    }
}
