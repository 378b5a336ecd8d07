import AgentProtocol
import Foundation
import Storage
import TaskModel

/// Writes into the logs of queued runs what they wait for.
struct QueueLog {
    /// What the log of one run is to say.
    struct Line: Sendable {
        let run: RunID
        let text: String
        let reason: WaitReason
    }

    let environment: SchedulerEnvironment
    /// Runs that one transaction looks at: short, so that nobody waits for it.
    private static let batch = 100

    /// Adds a line to the log of each run that still waits. Those that were claimed or canceled meanwhile are left alone: their logs are
    /// no longer the server's.
    func write(_ lines: [Line], at now: Date) async throws {
        let lineOfRun = Dictionary(lines.map { ($0.run, $0) }) { _, last in last }
        for start in stride(from: 0, to: lines.count, by: Self.batch) {
            let ids = lines[start..<min(start + Self.batch, lines.count)].map(\.run)
            try await environment.runs.whileQueued(ids) {
                [logs = environment.logs, told = environment.told, signals = environment.signals] run in
                guard let line = lineOfRun[run] else { return }
                try logs.note(Array((LogLine.text(line.text, at: now) + "\r\n").utf8), to: run)
                told.note(line.reason, of: run)
                signals.logs.notify(run)
            }
        }
    }
}
