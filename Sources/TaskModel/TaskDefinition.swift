public import struct Foundation.Date

/// A task: what to run again and again, and when. Written once, then run by hand or by its triggers.
public struct TaskDefinition: Sendable, Hashable, Codable {
    /// 1 to 50 letters, digits, `-` and `_`, compared without case.
    public var name: String
    /// The registry that it belongs to.
    public var registry: String
    /// The triggers of a disabled task rest; by hand it is run.
    public var isEnabled: Bool
    /// A task without steps, which only gives log settings to quick runs.
    public var isSystemTask: Bool
    public var step: TaskStep?
    public var platform: Platform
    public var cpu: Int?
    /// The longest that a run may take, in seconds.
    public var timeoutSeconds: Int
    public var agentPoolName: String?
    public var logTemplate: String?
    public var triggers: TaskTriggers
    public var credentials: TaskCredentials
    public var identity: TaskIdentity?
    public var tags: [String: String]
    /// How its runs stand in the queue; nil for the usual.
    public var queue: QueueSettings?
    /// Who made it, and when; who changed it last.
    public var created: Authorship
    public var changed: Authorship

    public static let standardTimeoutSeconds = 3600

    public init(
        name: String, registry: String, isEnabled: Bool = true, isSystemTask: Bool = false, step: TaskStep?,
        platform: Platform = .linuxAMD64, cpu: Int? = nil, timeoutSeconds: Int = standardTimeoutSeconds,
        agentPoolName: String? = nil, logTemplate: String? = nil, triggers: TaskTriggers = TaskTriggers(),
        credentials: TaskCredentials = TaskCredentials(), identity: TaskIdentity? = nil, tags: [String: String] = [:],
        queue: QueueSettings? = nil, created: Authorship, changed: Authorship
    ) {
        self.name = name
        self.registry = registry
        self.isEnabled = isEnabled
        self.isSystemTask = isSystemTask
        self.step = step
        self.platform = platform
        self.cpu = cpu
        self.timeoutSeconds = timeoutSeconds
        self.agentPoolName = agentPoolName
        self.logTemplate = logTemplate
        self.triggers = triggers
        self.credentials = credentials
        self.identity = identity
        self.tags = tags
        self.queue = queue
        self.created = created
        self.changed = changed
    }

    public struct Authorship: Sendable, Hashable, Codable {
        /// The id of a principal.
        public var by: String
        public var at: Date

        public init(by: String, at: Date) {
            self.by = by
            self.at = at
        }
    }
}

/// How the runs of a task log in to registries.
public struct TaskCredentials: Sendable, Hashable, Codable {
    /// Whether they log in to their own registry; nil if nothing was said.
    public var loginMode: RegistryLoginMode?
    /// Kept and shown: logins come from the server's configuration.
    public var sourceIdentity: String?
    /// Other registries, by host as written.
    public var customRegistries: [String: TaskRegistryLogin]

    public init(
        loginMode: RegistryLoginMode? = nil, sourceIdentity: String? = nil,
        customRegistries: [String: TaskRegistryLogin] = [:]
    ) {
        self.loginMode = loginMode
        self.sourceIdentity = sourceIdentity
        self.customRegistries = customRegistries
    }
}

/// A login at one registry: user name and password, or the name of an identity, which is kept and shown only.
public struct TaskRegistryLogin: Sendable, Hashable, Codable {
    public var username: TaskSecret?
    public var password: TaskSecret?
    public var identity: String?

    public init(username: TaskSecret? = nil, password: TaskSecret? = nil, identity: String? = nil) {
        self.username = username
        self.password = password
        self.identity = identity
    }
}

/// A secret text, or the URL of one in a vault.
public struct TaskSecret: Sendable, Hashable, Codable {
    public var value: Secret
    public var isVaultURL: Bool

    public init(_ value: Secret, isVaultURL: Bool = false) {
        self.value = value
        self.isVaultURL = isVaultURL
    }
}

/// The identities of a task. They are kept and shown; nothing of ours logs in with them.
public struct TaskIdentity: Sendable, Hashable, Codable {
    /// Of the system's own identity: a GUID; nil if it has none.
    public var systemPrincipal: String?
    /// Principal ids by resource id.
    public var userAssigned: [String: String]

    public init(systemPrincipal: String? = nil, userAssigned: [String: String] = [:]) {
        self.systemPrincipal = systemPrincipal
        self.userAssigned = userAssigned
    }

    public var isEmpty: Bool { systemPrincipal == nil && userAssigned.isEmpty }
}
