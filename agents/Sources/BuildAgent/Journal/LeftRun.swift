import AgentProtocol
import Foundation
import Logging
import TaskModel

/// A run that an agent had when its process ended.
///
/// What it had begun is never begun again. If that is nothing but containers, the next process goes on with them; else
/// it ends as Error. One that had ended is told to have ended as it did. One that had not begun is left to the server,
/// which hands it out again.
struct LeftRun: Sendable {
    let record: JournalRecord
    let files: RunFiles.Pair

    /// What carrying the run out takes, asked for again: secrets are in no journal.
    ///
    /// - Returns: nil if it can't go on.
    func assignment(from broker: any RunBroker, logger: Logger) async -> RunAssignment? {
        let lease = lease(from: broker, logger)
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { await lease.keep() }
            defer { group.cancelAll() }
            return await lease.untilLost {
                do {
                    return try await Outage.enduring { try await broker.resume(lease.id) }
                } catch {
                    logger.warning("run can't go on", metadata: ["error": "\(error)"])
                    throw error
                }
            }
        }
    }

    private func lease(from broker: any RunBroker, _ logger: Logger) -> HeldLease {
        let lease = HeldLease(
            record.lease, terms: record.assignment.terms, isRepeatable: record.assignment.isRepeatable,
            age: files.renewals.age, broker: broker, logger: logger)
        lease.begin()
        lease.record(in: files.renewals)
        return lease
    }

    /// Brings it to its end.
    func settle(broker: any RunBroker, logger: Logger) async {
        guard record.hasBegun || record.ending != nil else {
            logger.info("run not begun before the agent was restarted")
            return files.remove()
        }
        let lease = lease(from: broker, logger)
        let isTold = await withTaskGroup(of: Void.self) { group in
            group.addTask { await lease.keep() }
            let isTold: Void? = await lease.untilLost { try await tell(lease, broker, logger) }
            group.cancelAll()
            return isTold != nil
        }
        // Of a stopping agent the next process tries again.
        guard isTold || lease.stop?.isLoss == true else { return }
        logger.info("run of an earlier process settled", metadata: ["told": "\(isTold)"])
        files.remove()
    }

    private func tell(_ lease: HeldLease, _ broker: any RunBroker, _ logger: Logger) async throws {
        let log = RunLogWriter(
            broker: broker, lease: record.lease, secrets: [], limit: .max, logger: logger, spool: files.spool)
        let outcome: RunOutcome
        if let ending = record.ending {
            outcome = try ending.outcome()
        } else {
            outcome = interrupted
            await log.line(outcome.message ?? "")
            try await files.journal.note(.ended(OutcomeRequest(outcome, logLength: log.length)))
        }
        await log.close()
        try await RunEnd(lease: lease, log: log, broker: broker, logger: logger).tell(outcome)
    }

    private var interrupted: RunOutcome {
        let pushed = Set(record.pushed.map { "\($0.registry)/\($0.repository):\($0.tag ?? "")" })
        let unknown = record.granted.filter { !pushed.contains($0) }
        var message = "agent restarted during the run: what it did is stopped. Queue it again"
        if record.containers.isEmpty {
            message = "agent restarted during build: what it did is stopped. Queue it again"
        }
        if !unknown.isEmpty { message += ". It may have pushed \(unknown.joined(separator: ", "))" }
        return RunOutcome(status: .error, message: message, outputImages: record.pushed)
    }
}
