public import TaskModel

/// The body of `POST P/runs/cancel`, ours: cancels many runs at once.
public struct CancelRunsRequest: Codable, Sendable, Hashable {
    /// Which runs, in the notation of `$filter`; an empty text is all. Exclusive with ``runIds``.
    public var filter: String?
    public var runIds: [String]?
    /// Only tell what would be cancelled.
    public var dryRun: Bool?

    public init(filter: String? = nil, runIds: [String]? = nil, dryRun: Bool? = nil) {
        self.filter = filter
        self.runIds = runIds
        self.dryRun = dryRun
    }
}

/// The answer: what was done to each run. Runs that a filter meant and that had ended before are left out.
public struct CancelRunsAnswer: Codable, Sendable, Hashable {
    public var value: [Item]

    public init(value: [Item]) {
        self.value = value
    }

    public struct Item: Codable, Sendable, Hashable {
        public var runId: String
        /// Nil if there is no such run.
        public var previousStatus: String?
        public var result: String

        public init(runId: String, previousStatus: RunStatus?, result: Result) {
            self.runId = runId
            self.previousStatus = previousStatus?.rawValue
            self.result = result.rawValue
        }

        public var knownResult: Result? { Result(rawValue: result) }
    }

    public enum Result: String, Sendable, Hashable, CaseIterable {
        /// It was queued and has ended.
        case canceled
        /// It is being stopped.
        case cancelRequested
        case alreadyFinished
        case notFound
        /// A dry run: nothing was done.
        case wouldCancel
    }
}
