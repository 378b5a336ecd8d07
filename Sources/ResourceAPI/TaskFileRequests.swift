/// What both kinds of requests for a task file say.
public protocol TaskFileRunRequest {
    var values: [ArgumentProperties]? { get set }
    /// A git reference, the URL of an archive, or the `relativePath` of an upload.
    var sourceLocation: String? { get set }
    var platform: PlatformProperties? { get set }
    var agentConfiguration: AgentConfiguration? { get set }
    /// In seconds.
    var timeout: Int? { get set }
    var agentPoolName: String? { get set }
    var logTemplate: String? { get set }
    var credentials: CredentialsProperties? { get set }
    var appliesIgnoreFile: Bool? { get set }
    var includeGit: Bool? { get set }
    var queue: QueueProperties? { get set }
}

/// A request to carry out a task file of the context, as it is on the wire.
public struct FileTaskRunRequest: TaskFileRunRequest, Codable, Sendable, Hashable {
    /// Relative to the context; default `acb.yaml`.
    public var taskFilePath: String?
    public var valuesFilePath: String?
    public var values: [ArgumentProperties]?
    /// A git reference, the URL of an archive, or the `relativePath` of an upload.
    public var sourceLocation: String?
    public var platform: PlatformProperties?
    public var agentConfiguration: AgentConfiguration?
    /// In seconds.
    public var timeout: Int?
    public var agentPoolName: String?
    public var logTemplate: String?
    public var credentials: CredentialsProperties?
    public var isArchiveEnabled: Bool?
    /// Ours: false for an upload that is taken as it is, without the rules of an ignore file in it. Default: true.
    public var appliesIgnoreFile: Bool?
    /// Ours: puts `.git` into the context of a folder or a git repository, whatever the ignore file says.
    public var includeGit: Bool?
    /// Ours.
    public var queue: QueueProperties?

    public init() {}
}

/// A request to carry out a task file that stands in the request itself, as it is on the wire.
public struct EncodedTaskRunRequest: TaskFileRunRequest, Codable, Sendable, Hashable {
    /// The task file in base64.
    public var encodedTaskContent: String?
    /// A file of values in base64.
    public var encodedValuesContent: String?
    public var values: [ArgumentProperties]?
    /// The context, if there is one.
    public var sourceLocation: String?
    public var platform: PlatformProperties?
    public var agentConfiguration: AgentConfiguration?
    /// In seconds.
    public var timeout: Int?
    public var agentPoolName: String?
    public var logTemplate: String?
    public var credentials: CredentialsProperties?
    public var isArchiveEnabled: Bool?
    /// Ours, as for ``FileTaskRunRequest``.
    public var appliesIgnoreFile: Bool?
    /// Ours, as for ``FileTaskRunRequest``.
    public var includeGit: Bool?
    /// Ours.
    public var queue: QueueProperties?

    public init() {}
}

/// A request to run a stored task, with what is to be different this time.
public struct TaskRunRequest: Codable, Sendable, Hashable {
    /// The resource id of the task.
    public var taskId: String?
    public var agentPoolName: String?
    public var logTemplate: String?
    public var isArchiveEnabled: Bool?
    public var overrideTaskStepProperties: OverrideTaskStepProperties?
    /// Ours: in place of the task's own; what it doesn't say is as the task has it.
    public var queue: QueueProperties?

    public init() {}
}

/// What one run of a task does differently.
public struct OverrideTaskStepProperties: Codable, Sendable, Hashable {
    /// Another context: a git reference, the URL of an archive, or the `relativePath` of an upload.
    public var contextPath: String?
    /// Another Dockerfile or task file.
    public var file: String?
    public var target: String?
    /// Replace those of the same name.
    public var arguments: [ArgumentProperties]?
    /// Replace those of the same name.
    public var values: [ArgumentProperties]?
    public var updateTriggerToken: String?

    public init() {}
}
