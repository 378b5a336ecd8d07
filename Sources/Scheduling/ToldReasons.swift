import Synchronization
import TaskModel

/// What the logs of queued runs say they wait for.
final class ToldReasons: Sendable {
    private let kinds = Mutex<[RunID: String]>([:])

    func isNews(_ reason: WaitReason, of run: RunID) -> Bool {
        kinds.withLock { $0[run] != reason.kind }
    }

    /// Notes that the run's log says it.
    func note(_ reason: WaitReason, of run: RunID) {
        kinds.withLock { $0[run] = reason.kind }
    }

    /// Forgets those that don't wait any more.
    func keep(_ queued: Set<RunID>) {
        kinds.withLock { kinds in kinds = kinds.filter { queued.contains($0.key) } }
    }
}
