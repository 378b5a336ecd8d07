public import Foundation
public import Logging
public import ServiceLifecycle
public import Storage
import TaskModel

/// Removes runs and their logs some time after they ended. Archived runs stay.
public struct Retention: Service {
    /// Runs that one transaction removes: short, so that nobody waits for it.
    private static let batch = 200
    private static let every: Duration = .seconds(3600)

    private let runs: any RunStore
    private let logs: LogStore
    private let kept: Duration
    private let logger: Logger
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> Date

    /// - Parameter kept: how long after its end.
    public init(
        runs: any RunStore, logs: LogStore, keeping kept: Duration, logger: Logger,
        clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.runs = runs
        self.logs = logs
        self.kept = kept
        self.logger = logger
        self.clock = clock
        self.now = now
    }

    public func run() async throws {
        await repeating(every: Self.every, on: clock, logger: logger, failure: "old runs not removed") {
            try await remove()
        }
    }

    func remove() async throws {
        let limit = now().addingTimeInterval(-Double(kept.components.seconds))
        var removed = 0
        while !Task.isCancelled {
            let gone = try await runs.remove(endedBefore: limit, limit: Self.batch)
            for run in gone { logs.remove(run) }
            removed += gone.count
            guard gone.count == Self.batch else { break }
        }
        // The process may have ended between a run's end in the store and that of its log.
        let old = try logs.runs(unchangedSince: limit)
        let present = try await runs.existing(among: old)
        for run in old where !present.contains(run) { logs.remove(run) }
        if removed > 0 { logger.info("old runs removed", metadata: ["runs": "\(removed)"]) }
    }
}
