/// How a run stands to others in the queue, and to the loss of its agent.
public struct QueueSettings: Sendable, Hashable, Codable {
    public static let priorities = -100...100
    public static let mostRetries = 3
    public static let mostParallelRuns = 1000

    /// One of ``priorities``; a higher one is handed out first, whenever it came.
    public var priority: Int
    /// How often the run begins anew after the loss of an agent that had begun it, 0 to ``mostRetries``: its steps then run again.
    public var retryOnAgentLoss: Int
    /// The most runs of its task that go on at once; nil for any number. It says nothing of runs without a task.
    public var concurrency: Int?
    /// Whether older runs of its task for the same branch that still wait are canceled.
    public var supersedes: Bool

    public init(priority: Int = 0, retryOnAgentLoss: Int = 0, concurrency: Int? = nil, supersedes: Bool = false) {
        self.priority = priority
        self.retryOnAgentLoss = retryOnAgentLoss
        self.concurrency = concurrency
        self.supersedes = supersedes
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        priority = try container.decodeIfPresent(Int.self, forKey: .priority) ?? 0
        retryOnAgentLoss = try container.decodeIfPresent(Int.self, forKey: .retryOnAgentLoss) ?? 0
        concurrency = try container.decodeIfPresent(Int.self, forKey: .concurrency)
        supersedes = try container.decodeIfPresent(Bool.self, forKey: .supersedes) ?? false
    }
}
