import Logging
import Storage
import TaskModel

extension SchedulerEnvironment {
    /// Wakes agents for which there may be a run now that one waits again or has ended: those of its pool, and those of other pools where
    /// runs of its task wait for room.
    func wakeQueues(after run: Run) async {
        signals.queues.notify(run.pool)
        guard let task = run.task else { return }
        do {
            for pool in try await runs.poolsWaiting(of: task, in: run.registry) where pool != run.pool {
                signals.queues.notify(pool)
            }
        } catch {
            // They ask again by themselves.
            logger.warning("pools not woken", metadata: ["run": "\(run.id)", "error": "\(error)"])
        }
    }
}
