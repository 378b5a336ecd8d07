import Synchronization
import TaskModel

/// How long the last runs of each pool waited, as far as this process has seen them.
final class RecentWaits: Sendable {
    private static let kept = 21

    private let waits = Mutex<[PoolID: [Duration]]>([:])

    func note(_ wait: Duration, in pool: PoolID) {
        waits.withLock { waits in
            waits[pool, default: []].append(wait)
            if waits[pool, default: []].count > Self.kept { waits[pool]?.removeFirst() }
        }
    }

    /// The median of those that had to wait; nil if none had to.
    func usual(in pool: PoolID) -> Duration? {
        let known = waits.withLock { $0[pool] ?? [] }.filter { $0 >= .seconds(1) }.sorted()
        return known.isEmpty ? nil : known[known.count / 2]
    }
}
