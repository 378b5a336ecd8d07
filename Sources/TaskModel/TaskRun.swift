/// A run that is kept under a name, with the request that made it (`P/taskRuns/N`).
public struct TaskRun: Sendable, Hashable {
    /// As configured.
    public let registry: String
    /// 1 to 50 letters, digits, dashes and underscores, compared without case.
    public let name: String
    /// JSON of the resource API. Equal requests are equal texts.
    public var request: Secret
    /// Another tag makes another run of the same request.
    public var forceUpdateTag: String?
    /// JSON of the resource API; kept and shown.
    public var identity: String?

    public init(
        registry: String, name: String, request: Secret, forceUpdateTag: String? = nil, identity: String? = nil
    ) {
        self.registry = registry
        self.name = name
        self.request = request
        self.forceUpdateTag = forceUpdateTag
        self.identity = identity
    }

    /// Whether the run of this one is also what `other` asks for.
    public func asksForTheSame(as other: TaskRun) -> Bool {
        request == other.request && forceUpdateTag == other.forceUpdateTag
    }
}
