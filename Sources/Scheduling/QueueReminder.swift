import Foundation
import Logging
public import ServiceLifecycle
import Storage
import TaskModel

/// Tells those who follow queued runs that they wait still, and for what: after a minute, then every four.
///
/// When a line is due follows from the time a run was accepted, so nothing is remembered: each look finds the runs that became due since
/// the one before.
public struct QueueReminder: Service {
    private static let lookEvery: Duration = .seconds(10)

    private let environment: SchedulerEnvironment
    private let clock: any Clock<Duration>

    public init(_ environment: SchedulerEnvironment, clock: any Clock<Duration> = ContinuousClock()) {
        self.environment = environment
        self.clock = clock
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var last = environment.now()
            while true {
                // Canceled: the server stops.
                do { try await clock.sleep(for: Self.lookEvery) } catch { return }
                let now = environment.now()
                do {
                    try await remind(dueAfter: last, until: now)
                } catch {
                    if Task.isCancelled { return }
                    environment.logger.warning("queued runs not reminded", metadata: ["error": "\(error)"])
                }
                last = now
            }
        }
    }

    func remind(dueAfter last: Date, until now: Date) async throws {
        let directory = PoolDirectory(settings: environment.settings, store: environment.pools)
        var slots: [PoolID: Int?] = [:]
        var lines: [(run: RunID, text: String)] = []
        for run in try await environment.runs.queuedRuns(dueAfter: last, until: now) {
            if slots[run.pool] == nil { slots[run.pool] = .some(try await directory.find(run.pool)?.slots) }
            let place = QueuePlace(pool: run.pool, position: run.position, slots: slots[run.pool] ?? nil)
            lines.append((run.id, "Still waiting: \(place.brief)"))
        }
        try await QueueLog(environment: environment).write(lines, at: now)
    }
}
