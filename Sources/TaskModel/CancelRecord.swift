public import struct Foundation.Date

/// That somebody asked for runs to stop, and what became of each.
public struct CancelRecord: Sendable, Hashable {
    public struct Item: Sendable, Hashable {
        public let run: RunID
        public let previousStatus: RunStatus?
        public let result: String

        public init(run: RunID, previousStatus: RunStatus?, result: String) {
            self.run = run
            self.previousStatus = previousStatus
            self.result = result
        }
    }

    /// Counts up.
    public let number: Int64
    public let time: Date
    /// The id of a principal.
    public let principal: String
    /// Where the request came from; nil if nobody knows.
    public let address: String?
    /// The filter as it was given; nil where ids were.
    public let filter: String?
    public let runs: [Item]

    public init(
        number: Int64, time: Date, principal: String, address: String?, filter: String?, runs: [Item]
    ) {
        self.number = number
        self.time = time
        self.principal = principal
        self.address = address
        self.filter = filter
        self.runs = runs
    }
}
