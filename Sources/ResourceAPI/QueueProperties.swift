public import TaskModel

/// Ours: how a run stands to others in the queue, and to the loss of its agent. Every field may be missing.
public struct QueueProperties: Codable, Sendable, Hashable {
    /// -100 to 100; a higher one is started first.
    public var priority: Int?
    /// How often the run begins anew after the loss of the agent that had begun it, 0 to 3.
    public var retryOnAgentLoss: Int?
    /// Of a task: how many of its runs go on at once.
    public var concurrency: Int?
    /// Of a task: whether a new run cancels older ones of the same branch that still wait.
    public var supersedes: Bool?

    public init(
        priority: Int? = nil, retryOnAgentLoss: Int? = nil, concurrency: Int? = nil, supersedes: Bool? = nil
    ) {
        self.priority = priority
        self.retryOnAgentLoss = retryOnAgentLoss
        self.concurrency = concurrency
        self.supersedes = supersedes
    }

    /// Nil if nothing but the usual is meant.
    public init?(_ settings: QueueSettings) {
        guard settings != QueueSettings() else { return nil }
        if settings.priority != 0 { priority = settings.priority }
        if settings.retryOnAgentLoss != 0 { retryOnAgentLoss = settings.retryOnAgentLoss }
        concurrency = settings.concurrency
        if settings.supersedes { supersedes = true }
    }

    /// - Throws: ``InvalidRequest`` naming the field.
    func checked(field: String = "queue") throws(InvalidRequest) -> QueueSettings {
        try Self.check(priority, in: QueueSettings.priorities, field: "\(field).priority")
        try Self.check(retryOnAgentLoss, in: 0...QueueSettings.mostRetries, field: "\(field).retryOnAgentLoss")
        try Self.check(concurrency, in: 0...QueueSettings.mostParallelRuns, field: "\(field).concurrency")
        return QueueSettings(
            priority: priority ?? 0, retryOnAgentLoss: retryOnAgentLoss ?? 0,
            // What is changed can't be left out: 0 takes the limit away.
            concurrency: concurrency == 0 ? nil : concurrency, supersedes: supersedes ?? false)
    }

    private static func check(_ number: Int?, in range: ClosedRange<Int>, field: String) throws(InvalidRequest) {
        guard let number, !range.contains(number) else { return }
        throw InvalidRequest(
            code: "InvalidParameter",
            message: "\(number) is no \(field): use a number from \(range.lowerBound) to \(range.upperBound).",
            target: field)
    }
}

/// Ours: what is missing in the log of a run, and why.
public struct LogLossProperties: Codable, Sendable, Hashable {
    /// Missing where nobody can know.
    public var bytes: Int64?
    public var reason: String?

    init(_ loss: LogLoss) {
        bytes = loss.bytes
        reason = loss.reason
    }
}
