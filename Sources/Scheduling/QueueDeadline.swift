import Foundation
import Logging
public import ServiceLifecycle
import Storage
import TaskModel

/// Ends runs that were not started in the longest time that a run may wait.
public struct QueueDeadline: Service {
    private static let lookEvery: Duration = .seconds(10)

    private let environment: SchedulerEnvironment
    private let clock: any Clock<Duration>

    public init(_ environment: SchedulerEnvironment, clock: any Clock<Duration> = ContinuousClock()) {
        self.environment = environment
        self.clock = clock
    }

    public func run() async throws {
        await repeating(
            every: Self.lookEvery, on: clock, logger: environment.logger, failure: "queue not looked through"
        ) {
            try await look()
        }
    }

    func look() async throws {
        let limit = environment.settings.queueTime
        let now = environment.now()
        let ended = try await environment.runs.endQueued(
            since: now.addingTimeInterval(-Double(limit.components.seconds)),
            because: "not started within \(Self.text(limit))", at: now)
        for run in ended {
            environment.logger.warning("run not started in time", metadata: ["run": "\(run.id)"])
            environment.metrics.ended(as: .error, in: run.pool)
            environment.signals.logs.notify(run.id)
        }
    }

    /// `24 h`, or what is no number of hours as it is.
    static func text(_ limit: Duration) -> String {
        let seconds = limit.components.seconds
        return seconds % 3600 == 0 ? "\(seconds / 3600) h" : limit.brief
    }
}
