/// What one run of a task does differently.
public struct TaskOverrides: Sendable, Hashable {
    /// Another context: a git reference, the URL of an archive, or the path that an upload was given.
    public var sourceLocation: String?
    /// Another Dockerfile or task file.
    public var file: String?
    public var target: String?
    /// Replace those of the same name; others are added.
    public var arguments: [BuildArgument]
    /// Replace those of the same name; others are added.
    public var values: [TaskValue]
    public var agentPoolName: String?
    public var logTemplate: String?
    public var priority: Int?
    public var retryOnAgentLoss: Int?

    public init(
        sourceLocation: String? = nil, file: String? = nil, target: String? = nil, arguments: [BuildArgument] = [],
        values: [TaskValue] = [], agentPoolName: String? = nil, logTemplate: String? = nil,
        priority: Int? = nil, retryOnAgentLoss: Int? = nil
    ) {
        self.sourceLocation = sourceLocation
        self.file = file
        self.target = target
        self.arguments = arguments
        self.values = values
        self.agentPoolName = agentPoolName
        self.logTemplate = logTemplate
        self.priority = priority
        self.retryOnAgentLoss = retryOnAgentLoss
    }
}
