/// What makes runs of a task, apart from people. Names are unique among the triggers of one kind.
public struct TaskTriggers: Sendable, Hashable, Codable {
    public var source: [SourceTriggerDefinition]
    public var timers: [TimerTriggerDefinition]
    public var baseImage: BaseImageTriggerDefinition?

    public init(
        source: [SourceTriggerDefinition] = [], timers: [TimerTriggerDefinition] = [],
        baseImage: BaseImageTriggerDefinition? = nil
    ) {
        self.source = source
        self.timers = timers
        self.baseImage = baseImage
    }
}

/// Commits and pull requests of a repository.
public struct SourceTriggerDefinition: Sendable, Hashable, Codable {
    public var name: String
    public var isEnabled: Bool
    /// `commit`, `pullrequest`.
    public var events: [String]
    /// `Github` or `VisualStudioTeamService`, as clients guess it from the URL.
    public var sourceControlType: String
    public var repositoryURL: String
    public var branch: String?
    public var authorization: SourceAuthorization?
    /// Nil where nothing more was said.
    public var filter: SourceFilter?

    public init(
        name: String, isEnabled: Bool, events: [String], sourceControlType: String, repositoryURL: String,
        branch: String?, authorization: SourceAuthorization?, filter: SourceFilter? = nil
    ) {
        self.name = name
        self.isEnabled = isEnabled
        self.events = events
        self.sourceControlType = sourceControlType
        self.repositoryURL = repositoryURL
        self.branch = branch
        self.authorization = authorization
        self.filter = filter
    }
}

/// The token for a repository's server.
public struct SourceAuthorization: Sendable, Hashable, Codable {
    /// `PAT` or `OAuth`.
    public var tokenType: String
    public var token: Secret
    public var refreshToken: Secret?
    public var scope: String?
    /// In seconds.
    public var expiresIn: Int?

    public init(tokenType: String, token: Secret, refreshToken: Secret?, scope: String?, expiresIn: Int?) {
        self.tokenType = tokenType
        self.token = token
        self.refreshToken = refreshToken
        self.scope = scope
        self.expiresIn = expiresIn
    }
}

/// A schedule.
public struct TimerTriggerDefinition: Sendable, Hashable, Codable {
    public var name: String
    public var isEnabled: Bool
    /// Five fields: see ``CronSchedule``.
    public var schedule: String
    /// The name of the zone whose time the fields are in, as in `Europe/Berlin`; nil for UTC.
    public var timeZone: String?

    public init(name: String, isEnabled: Bool, schedule: String, timeZone: String? = nil) {
        self.name = name
        self.isEnabled = isEnabled
        self.schedule = schedule
        self.timeZone = timeZone
    }
}

/// Changes of the images that the task's image is made from.
public struct BaseImageTriggerDefinition: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// Every image that the Dockerfile names.
        case all = "All"
        /// Those of the last stage.
        case runtime = "Runtime"
    }

    public var name: String
    public var isEnabled: Bool
    public var kind: Kind
    public var updateTriggerEndpoint: String?
    /// `Default` or `Token`.
    public var updateTriggerPayloadType: String?

    public init(
        name: String, isEnabled: Bool, kind: Kind, updateTriggerEndpoint: String?, updateTriggerPayloadType: String?
    ) {
        self.name = name
        self.isEnabled = isEnabled
        self.kind = kind
        self.updateTriggerEndpoint = updateTriggerEndpoint
        self.updateTriggerPayloadType = updateTriggerPayloadType
    }
}
