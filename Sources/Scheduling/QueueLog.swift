import AgentProtocol
import Foundation
import Storage
import TaskModel

/// Writes into the logs of queued runs what they wait for.
struct QueueLog {
    let environment: SchedulerEnvironment
    /// Runs that one transaction looks at: short, so that nobody waits for it.
    private static let batch = 100

    /// Adds a line to the log of each run that still waits. Those that were claimed or canceled meanwhile are left alone: their logs are
    /// no longer the server's.
    func write(_ lines: [(run: RunID, text: String)], at now: Date) async throws {
        let texts = Dictionary(lines.map { ($0.run, $0.text) }) { _, last in last }
        for start in stride(from: 0, to: lines.count, by: Self.batch) {
            let ids = lines[start..<min(start + Self.batch, lines.count)].map(\.run)
            try await environment.runs.whileQueued(ids) {
                [logs = environment.logs, signals = environment.signals] run in
                let line = LogLine.text(texts[run] ?? "", at: now) + "\r\n"
                try logs.note(Array(line.utf8), to: run)
                signals.logs.notify(run)
            }
        }
    }
}
