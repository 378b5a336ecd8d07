import Foundation
import Synchronization
import TaskModel

/// Pools that were removed a moment ago. Clients ask for a pool once more after its removal, and take "not found" for a failure then.
final class RemovedPools: Sendable {
    /// In seconds.
    private static let lifetime: TimeInterval = 10

    private let pools = Mutex<[PoolID: (pool: RegistryPool, end: Date)]>([:])

    func note(_ pool: RegistryPool, at now: Date) {
        pools.withLock { pools in
            pools = pools.filter { $0.value.end > now }
            pools[pool.id] = (pool, now.addingTimeInterval(Self.lifetime))
        }
    }

    func find(_ id: PoolID, at now: Date) -> RegistryPool? {
        pools.withLock { $0[id].flatMap { $0.end > now ? $0.pool : nil } }
    }

    /// Finds a pool this once.
    func take(_ id: PoolID, at now: Date) -> RegistryPool? {
        pools.withLock { $0.removeValue(forKey: id).flatMap { $0.end > now ? $0.pool : nil } }
    }

    func forget(_ id: PoolID) {
        pools.withLock { $0[id] = nil }
    }
}
