/// A run (`GET P/runs/ID`, the answer of `POST P/scheduleRun`).
public typealias RunResource = ResourceEnvelope<RunProperties>

/// What is told of a run. Every field may be missing.
public struct RunProperties: Codable, Sendable, Hashable {
    public var runId: String?
    /// Queued, Started, Running, Succeeded, Failed, Canceled, Error or Timeout.
    public var status: String?
    /// QuickBuild, QuickRun, AutoBuild or AutoRun.
    public var runType: String?
    public var provisioningState: String?
    public var createTime: Timestamp?
    public var startTime: Timestamp?
    public var finishTime: Timestamp?
    public var lastUpdatedTime: Timestamp?
    public var platform: PlatformProperties?
    /// Ours: all platforms of an image that has several; `platform` is the first.
    public var platforms: [PlatformProperties]?
    public var agentConfiguration: AgentConfiguration?
    public var agentPoolName: String?
    public var task: String?
    public var isArchiveEnabled: Bool?
    public var runErrorMessage: String?
    public var outputImages: [OutputImageProperties]?
    public var imageUpdateTrigger: ImageUpdateTrigger?
    public var sourceTrigger: SourceTrigger?
    public var timerTrigger: TimerTrigger?
    public var sourceRegistryAuth: String?
    public var customRegistries: [String]?
    public var updateTriggerToken: String?
    /// Ours: what a run that does not move waits for.
    public var waitReason: String?
    /// Ours: the agent that has the run, or had it last.
    public var agent: String?
    /// Ours: somebody asked for this run to stop.
    public var isCancelRequested: Bool?
    /// Ours: the id of the principal that asked for it to stop.
    public var canceledBy: String?
    /// Ours: its time is over, and it is being stopped.
    public var isTimeoutRequested: Bool?
    /// Ours: how often it was handed to an agent.
    public var attempt: Int?
    /// Ours: what is missing in its log.
    public var logLoss: LogLossProperties?
    /// Ours.
    public var queue: QueueProperties?
    /// Ours: it carries out what strangers wrote, and so gets no secrets and pushes nothing.
    public var isRestricted: Bool?
    /// Ours: the revision that a git context was resolved to.
    public var sourceRevision: SourceRevisionProperties?
    /// Ours: the archive that was kept of what the run built (`GET P/runs/ID/output`). Not in lists.
    public var keptOutput: KeptOutputProperties?
    /// Ours: the steps of the run, in the order of its task file. Not in lists, and missing for a run that has told none.
    public var steps: [RunStepProperties]?
    /// Ours: what its builds stood on. Not in lists, and missing while the run goes on.
    public var baseImages: [BaseImageProperties]?

    public init(runId: String? = nil, status: String? = nil, runType: String? = nil) {
        self.runId = runId
        self.status = status
        self.runType = runType
    }
}

/// An archive of an image that waits for a download.
public struct KeptOutputProperties: Codable, Sendable, Hashable {
    /// `oci` or `docker`.
    public var form: String?
    /// In bytes.
    public var size: Int64?
    /// When it is removed.
    public var expiryTime: Timestamp?

    public init(form: String? = nil, size: Int64? = nil, expiryTime: Timestamp? = nil) {
        self.form = form
        self.size = size
        self.expiryTime = expiryTime
    }
}

public struct PlatformProperties: Codable, Sendable, Hashable {
    public var os: String?
    public var architecture: String?
    public var variant: String?

    public init(os: String? = nil, architecture: String? = nil, variant: String? = nil) {
        self.os = os
        self.architecture = architecture
        self.variant = variant
    }
}

public struct AgentConfiguration: Codable, Sendable, Hashable {
    /// Shown where nothing was asked for.
    public static let standardCPU = 2

    public var cpu: Int?

    public init(cpu: Int? = nil) {
        self.cpu = cpu
    }
}

/// An image that was pushed, or that a trigger saw.
public struct OutputImageProperties: Codable, Sendable, Hashable {
    public var registry: String?
    public var repository: String?
    public var tag: String?
    public var digest: String?

    public init(registry: String? = nil, repository: String? = nil, tag: String? = nil, digest: String? = nil) {
        self.registry = registry
        self.repository = repository
        self.tag = tag
        self.digest = digest
    }
}

/// A base image that changed and so made a run.
public struct ImageUpdateTrigger: Codable, Sendable, Hashable {
    public var id: String?
    public var timestamp: Timestamp?
    public var images: [OutputImageProperties]?

    public init(id: String? = nil, timestamp: Timestamp? = nil, images: [OutputImageProperties]? = nil) {
        self.id = id
        self.timestamp = timestamp
        self.images = images
    }
}

/// A commit or pull request that made a run.
public struct SourceTrigger: Codable, Sendable, Hashable {
    public var id: String?
    /// `commit` or `pullrequest`.
    public var eventType: String?
    public var commitId: String?
    public var pullRequestId: String?
    public var repositoryUrl: String?
    public var branchName: String?
    public var providerType: String?
    /// Ours: the full name of what was pushed, a tag's as well.
    public var ref: String?
    /// Ours: of the commit or the pull request.
    public var title: String?

    public init(
        id: String? = nil, eventType: String? = nil, commitId: String? = nil, pullRequestId: String? = nil,
        repositoryUrl: String? = nil,
        branchName: String? = nil, providerType: String? = nil
    ) {
        self.id = id
        self.eventType = eventType
        self.commitId = commitId
        self.pullRequestId = pullRequestId
        self.repositoryUrl = repositoryUrl
        self.branchName = branchName
        self.providerType = providerType
    }
}

/// A timer that made a run.
public struct TimerTrigger: Codable, Sendable, Hashable {
    public var timerTriggerName: String?
    public var scheduleOccurrence: String?

    public init(timerTriggerName: String? = nil, scheduleOccurrence: String? = nil) {
        self.timerTriggerName = timerTriggerName
        self.scheduleOccurrence = scheduleOccurrence
    }
}

public struct SourceRevisionProperties: Codable, Sendable, Hashable {
    public var commitId: String?
    public var branchName: String?

    public init(commitId: String? = nil, branchName: String? = nil) {
        self.commitId = commitId
        self.branchName = branchName
    }
}

/// `PATCH P/runs/ID`: the fields stand at the top. Below `properties`, where other resources have them, they are read too.
public struct RunUpdate: Codable, Sendable, Hashable {
    public var isArchiveEnabled: Bool?

    public init(isArchiveEnabled: Bool? = nil) {
        self.isArchiveEnabled = isArchiveEnabled
    }

    private enum CodingKeys: String, CodingKey {
        case isArchiveEnabled
        case properties
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        isArchiveEnabled = try container.decodeIfPresent(Bool.self, forKey: .isArchiveEnabled)
        guard isArchiveEnabled == nil, container.contains(.properties),
            try !container.decodeNil(forKey: .properties)
        else { return }
        let properties = try container.nestedContainer(keyedBy: CodingKeys.self, forKey: .properties)
        isArchiveEnabled = try properties.decodeIfPresent(Bool.self, forKey: .isArchiveEnabled)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(isArchiveEnabled, forKey: .isArchiveEnabled)
    }
}
