public import struct Foundation.Date

/// A run as the server records it.
public struct Run: Sendable, Hashable {
    public let id: RunID
    /// The name of the registry that the run belongs to, as configured.
    public let registry: String
    public var status: RunStatus
    public let type: RunType
    public let request: RunRequest
    /// Who asked: the id of a principal.
    public let submittedBy: String
    public let agentPool: String
    /// The registry whose pool that is; nil for one of the server's.
    public let poolRegistry: String?
    public let task: String?
    public let createTime: Date
    public var startTime: Date?
    public var finishTime: Date?
    public var lastUpdatedTime: Date
    public var isCancelRequested: Bool
    /// Whether its time is over.
    public var isTimeoutRequested: Bool
    /// Who asked for its cancel: the id of a principal.
    public var canceledBy: String?
    public var isArchiveEnabled: Bool
    /// What went wrong, for people; nil for runs that succeeded or go on.
    public var errorMessage: String?
    /// What a waiting run waits for, for people.
    public var waitReason: String?
    public var source: SourceRevision?
    public var outputImages: [OutputImage]
    /// How often the run was handed to an agent.
    public var epoch: Int
    /// The agent that has it, or that had it last; nil while it waits.
    public var agent: String?
    public var logLoss: LogLoss?
    /// Nil for a run that somebody asked for.
    public var trigger: RunTrigger?
    /// Whether it carries out what strangers wrote: no secrets, no push, no shared cache.
    public var isRestricted: Bool

    public init(
        id: RunID, registry: String, status: RunStatus, type: RunType, request: RunRequest, submittedBy: String,
        agentPool: String, poolRegistry: String? = nil,
        task: String? = nil, createTime: Date, startTime: Date? = nil, finishTime: Date? = nil, lastUpdatedTime: Date,
        isCancelRequested: Bool = false, isArchiveEnabled: Bool = false, errorMessage: String? = nil,
        waitReason: String? = nil, source: SourceRevision? = nil, outputImages: [OutputImage] = [], epoch: Int = 0,
        isTimeoutRequested: Bool = false, canceledBy: String? = nil, agent: String? = nil, logLoss: LogLoss? = nil,
        trigger: RunTrigger? = nil, isRestricted: Bool = false
    ) {
        self.id = id
        self.registry = registry
        self.status = status
        self.type = type
        self.request = request
        self.submittedBy = submittedBy
        self.agentPool = agentPool
        self.poolRegistry = poolRegistry
        self.task = task
        self.createTime = createTime
        self.startTime = startTime
        self.finishTime = finishTime
        self.lastUpdatedTime = lastUpdatedTime
        self.isCancelRequested = isCancelRequested
        self.isArchiveEnabled = isArchiveEnabled
        self.errorMessage = errorMessage
        self.waitReason = waitReason
        self.source = source
        self.outputImages = outputImages
        self.epoch = epoch
        self.isTimeoutRequested = isTimeoutRequested
        self.canceledBy = canceledBy
        self.agent = agent
        self.logLoss = logLoss
        self.trigger = trigger
        self.isRestricted = isRestricted
    }

    public var pool: PoolID { PoolID(registry: poolRegistry, name: agentPool) }
}

/// The revision that a git context was resolved to.
public struct SourceRevision: Sendable, Hashable {
    /// 40 hexadecimal digits (64 in SHA-256 repositories).
    public let commit: String
    /// The branch, when the request named one or meant the default one.
    public let branch: String?

    public init(commit: String, branch: String?) {
        self.commit = commit
        self.branch = branch
    }
}

/// An image that a run pushed.
public struct OutputImage: Sendable, Hashable {
    public let registry: String
    public let repository: String
    public let tag: String?
    /// Of the manifest in the registry.
    public let digest: String

    public init(registry: String, repository: String, tag: String?, digest: String) {
        self.registry = registry
        self.repository = repository
        self.tag = tag
        self.digest = digest
    }
}
