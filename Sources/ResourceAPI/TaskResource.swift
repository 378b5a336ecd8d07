public import TaskModel

/// A task (`GET P/tasks/T`).
public struct TaskResource: Codable, Sendable, Hashable {
    public var id: String?
    public var name: String?
    public var type: String?
    public var location: String?
    public var tags: [String: String]?
    public var identity: IdentityProperties?
    public var systemData: SystemData?
    public var properties: TaskProperties?

    public init() {}
}

/// What is told of a task. Every field may be missing, as in a task that is changed.
public struct TaskProperties: Codable, Sendable, Hashable {
    public var provisioningState: String?
    public var creationDate: Timestamp?
    /// `Enabled` or `Disabled`.
    public var status: String?
    public var isSystemTask: Bool?
    public var platform: PlatformProperties?
    public var agentConfiguration: AgentConfiguration?
    public var agentPoolName: String?
    /// In seconds.
    public var timeout: Int?
    public var step: TaskStepProperties?
    public var trigger: TriggerProperties?
    public var credentials: CredentialsProperties?
    public var logTemplate: String?
    /// Ours.
    public var queue: QueueProperties?
    public var triggerState: TriggerStateProperties?

    public init() {}
}

/// The step of a task: `Docker`, `FileTask` or `EncodedTask`, each with some of these fields.
public struct TaskStepProperties: Codable, Sendable, Hashable {
    public var type: String?
    /// A git reference or the URL of an archive; without the login in it where secrets are not shown.
    public var contextPath: String?
    public var contextAccessToken: Secret?
    public var dockerFilePath: String?
    public var imageNames: [String]?
    public var isPushEnabled: Bool?
    public var noCache: Bool?
    public var target: String?
    public var arguments: [ArgumentProperties]?
    public var taskFilePath: String?
    public var valuesFilePath: String?
    public var values: [ArgumentProperties]?
    /// In base64.
    public var encodedTaskContent: String?
    public var encodedValuesContent: String?

    public init() {}

    public enum Kind: String, Sendable, CaseIterable {
        case docker = "Docker"
        case file = "FileTask"
        case encoded = "EncodedTask"
    }

    /// Nil if the type is missing or unknown.
    public var kind: Kind? { Kind.allCases.first { $0.rawValue.lowercased() == type?.lowercased() } }
}

/// The triggers of a task.
public struct TriggerProperties: Codable, Sendable, Hashable {
    public var sourceTriggers: [SourceTriggerProperties]?
    public var timerTriggers: [TimerTriggerProperties]?
    public var baseImageTrigger: BaseImageTriggerProperties?

    public init() {}
}

public struct SourceTriggerProperties: Codable, Sendable, Hashable {
    public var name: String?
    public var status: String?
    /// `commit`, `pullrequest`.
    public var sourceTriggerEvents: [String]?
    public var sourceRepository: SourceRepositoryProperties?
    /// Ours.
    public var filter: SourceFilter?

    public init() {}
}

public struct SourceRepositoryProperties: Codable, Sendable, Hashable {
    /// `Github` or `VisualStudioTeamService`.
    public var sourceControlType: String?
    public var repositoryUrl: String?
    public var branch: String?
    public var sourceControlAuthProperties: SourceControlAuthProperties?

    public init() {}
}

public struct SourceControlAuthProperties: Codable, Sendable, Hashable {
    /// `PAT` or `OAuth`.
    public var tokenType: String?
    public var token: Secret?
    public var refreshToken: Secret?
    public var scope: String?
    public var expiresIn: Int?

    public init() {}
}

public struct TimerTriggerProperties: Codable, Sendable, Hashable {
    public var name: String?
    public var status: String?
    /// Five fields.
    public var schedule: String?
    /// Ours: the name of the zone that the fields are in, as in `Europe/Berlin`; UTC if missing.
    public var timeZone: String?

    public init(name: String? = nil, status: String? = nil, schedule: String? = nil, timeZone: String? = nil) {
        self.name = name
        self.status = status
        self.schedule = schedule
        self.timeZone = timeZone
    }
}

public struct BaseImageTriggerProperties: Codable, Sendable, Hashable {
    public var name: String?
    public var status: String?
    /// `All` or `Runtime`.
    public var baseImageTriggerType: String?
    public var updateTriggerEndpoint: String?
    public var updateTriggerPayloadType: String?

    public init() {}
}

/// The identities of a resource.
public struct IdentityProperties: Codable, Sendable, Hashable {
    /// `None`, `SystemAssigned`, `UserAssigned`, or the last two with a comma.
    public var type: String?
    public var principalId: String?
    public var tenantId: String?
    /// By resource id.
    public var userAssignedIdentities: [String: UserIdentity]?

    public init() {}

    public struct UserIdentity: Codable, Sendable, Hashable {
        public var principalId: String?
        public var clientId: String?

        public init(principalId: String? = nil, clientId: String? = nil) {
            self.principalId = principalId
            self.clientId = clientId
        }
    }
}

/// Who made a resource and who changed it.
public struct SystemData: Codable, Sendable, Hashable {
    public var createdBy: String?
    public var createdByType: String?
    public var createdAt: Timestamp?
    public var lastModifiedBy: String?
    public var lastModifiedByType: String?
    public var lastModifiedAt: Timestamp?

    public init() {}
}
