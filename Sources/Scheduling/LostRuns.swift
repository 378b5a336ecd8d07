import AgentProtocol
import Foundation
import Logging
import Storage
import TaskModel

/// What follows for runs from the loss of their agents: records, logs, and who is woken.
struct LostRuns {
    /// Why their agent is gone.
    enum Cause: Sendable {
        /// Nothing was heard of it for this long.
        case silence(Duration)
        /// It was a part of the server, which was stopped.
        case restart
    }

    let environment: SchedulerEnvironment
    let cause: Cause

    /// Takes the run of a lease, as the store has it. If the store can't be written, nothing has happened.
    ///
    /// - Returns: nil if the run has ended, or is somebody else's.
    func take(_ lease: LeaseID) async throws -> LostRun? {
        let now = environment.now()
        let lost = try await environment.runs.lose(lease: lease.text, at: now, telling: telling(at: now))
        if let lost { await spread(lost) }
        return lost
    }

    /// - Parameter agents: an id, or a pattern with `*`.
    func takeAll(of agents: String) async throws {
        let now = environment.now()
        for lost in try await environment.runs.loseRuns(of: agents, at: now, telling: telling(at: now)) {
            await spread(lost)
        }
    }

    /// Ends the log of the attempt: no byte of the agent comes behind the line that says why. That line is written once the run is no
    /// longer the agent's, and before it can be another's: a log that somebody writes to has nothing of the server's in between.
    private func telling(at now: Date) -> @Sendable (Run, RunLoss) throws -> LossRecord {
        { [logs = environment.logs, logger = environment.logger, cause] run, loss in
            let report = LossReport(agent: run.agent ?? "", cause: cause, loss: loss, handOuts: run.epoch)
            let fence = logs.fence(run.id)
            return LossRecord(message: report.message, logLoss: report.logLoss) { isCommitted in
                guard isCommitted else { return logs.liftFence(of: run.id, fence) }
                let line = LogLine.text(report.logLine, at: now) + "\r\n"
                do {
                    try logs.note(Array(line.utf8), to: run.id)
                } catch {
                    logger.warning("log not stored", metadata: ["run": "\(run.id)", "error": "\(error)"])
                }
            }
        }
    }

    private func spread(_ lost: LostRun) async {
        let run = lost.run
        environment.logger.warning(
            "run taken from its agent",
            metadata: ["run": "\(run.id)", "agent": "\(lost.agent)", "status": "\(run.status.rawValue)"])
        environment.leases.remove(LeaseID(lost.lease))
        if case .silence = cause { environment.metrics.leaseExpired(in: run.pool) }
        if run.status.isTerminal { environment.metrics.ended(run) }
        if run.status.isTerminal { environment.logs.close(run.id) }
        environment.signals.logs.notify(run.id)
        environment.signals.stops.notify(run.id)
        await environment.wakeQueues(after: run)
    }
}
