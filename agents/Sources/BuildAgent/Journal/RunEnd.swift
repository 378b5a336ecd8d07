import AgentProtocol
import Logging
import TaskModel

/// Tells the server how a run ended, once it has all of its log.
struct RunEnd: Sendable {
    let lease: HeldLease
    let log: RunLogWriter
    let broker: any RunBroker
    let logger: Logger

    /// Tries until it is told. In the place of an outcome that the server refuses a short one is told that says so.
    ///
    /// - Throws: ``BrokerError`` if nobody wants to hear of it; `CancellationError` when the task is canceled: the lease is lost or given up.
    func tell(_ outcome: RunOutcome) async throws {
        try await log.ship()
        var (outcome, isReplaced, failures) = (outcome, false, 0)
        while true {
            do {
                return try await broker.finish(lease.id, with: outcome, logLength: log.length)
            } catch BrokerError.leaseLost {
                lease.stop(because: .leaseLost)
                throw BrokerError.leaseLost
            } catch BrokerError.logIncomplete(let stored) {
                // It was restored from an older state, or lost the end.
                try await log.shipAgain(from: stored)
            } catch BrokerError.refused(let reason) {
                logger.error("outcome refused", metadata: ["error": "\(reason)", "status": "\(outcome.status)"])
                guard !isReplaced else {
                    lease.stop(because: .leaseGivenUp)
                    throw BrokerError.refused(reason)
                }
                outcome = RunOutcome(
                    status: .error, message: "the server refused how the run ended (\(outcome.status)): \(reason)")
                isReplaced = true
            } catch {
                failures += 1
                logger.warning("run not finished", metadata: ["error": "\(error)", "attempt": "\(failures)"])
                try await Task.sleep(for: Outage.pause(after: failures))
            }
            try Task.checkCancellation()
        }
    }
}
