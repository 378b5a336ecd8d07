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
    /// Of the record that was made of it (`GET P/runs/cancels`); nil for a dry run.
    public var recordId: Int64?

    public init(value: [Item], recordId: Int64? = nil) {
        self.value = value
        self.recordId = recordId
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

/// That somebody asked for runs to stop (`GET P/runs/cancels`).
public struct CancelRecordResource: Codable, Sendable, Hashable {
    public var id: Int64?
    public var time: Timestamp?
    /// The id of a principal.
    public var principal: String?
    public var address: String?
    /// As it was given; missing where ids were.
    public var filter: String?
    public var runs: [CancelRunsAnswer.Item]?

    public init(_ record: CancelRecord) {
        id = record.number
        time = Timestamp(record.time)
        principal = record.principal
        address = record.address
        filter = record.filter
        runs = record.runs.compactMap { item in
            CancelRunsAnswer.Result(rawValue: item.result).map {
                CancelRunsAnswer.Item(runId: item.run.text, previousStatus: item.previousStatus, result: $0)
            }
        }
    }
}
