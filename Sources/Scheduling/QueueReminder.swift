import Foundation
import Logging
public import ServiceLifecycle
import Storage
import TaskModel

/// Tells those who follow queued runs what they wait for: when they don't start at once, when that changes, and after a minute and then
/// every four that they wait still.
public struct QueueReminder: Service {
    private static let lookEvery: Duration = .seconds(2)
    /// In seconds: what starts sooner has started at once.
    private static let atOnce: TimeInterval = 2

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
                    last = now
                } catch {
                    if Task.isCancelled { return }
                    environment.logger.warning("queued runs not reminded", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    func remind(dueAfter last: Date, until now: Date) async throws {
        var view = QueueView(environment)
        var lines: [QueueLog.Line] = []
        let queued = try await environment.runs.queuedRuns()
        for run in queued where now.timeIntervalSince(run.createTime) >= Self.atOnce {
            let reason = try await view.reason(of: run)
            if environment.told.isNews(reason, of: run.id) {
                lines.append(QueueLog.Line(run: run.id, text: "Waiting: \(reason.text)", reason: reason))
            } else if Self.reminders(until: now, run) > Self.reminders(until: last, run) {
                lines.append(QueueLog.Line(run: run.id, text: "Still waiting: \(reason.text)", reason: reason))
            }
        }
        environment.told.keep(Set(queued.map(\.id)))
        try await QueueLog(environment: environment).write(lines, at: now)
    }

    /// How many lines were due at a time: none in the first minute, then one, and one more each four minutes.
    static func reminders(until time: Date, _ run: QueuedRun) -> Int {
        let seconds = time.timeIntervalSince(run.createTime)
        return seconds < 60 ? 0 : 1 + Int((seconds - 60) / 240)
    }
}
