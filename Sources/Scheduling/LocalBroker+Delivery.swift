public import AgentProtocol
import Logging
import Storage
import TaskModel

extension LocalBroker {
    /// Takes a run back whose assignment could not be delivered, so that the next agent gets it at once. If this fails the lease runs out.
    public func takeBack(_ assignment: RunAssignment) async {
        do {
            guard
                let run = try await environment.runs.giveBack(
                    lease: assignment.lease.text, at: environment.now())
            else { return }
            environment.leases.remove(assignment.lease)
            environment.logger.warning("run taken back", metadata: ["run": "\(run.id)", "error": "its agent is gone"])
            environment.signals.logs.notify(run.id)
            await environment.wakeQueues(after: run)
        } catch {
            environment.logger.error(
                "run not taken back", metadata: ["run": "\(assignment.run)", "error": "\(error)"])
        }
    }
}
