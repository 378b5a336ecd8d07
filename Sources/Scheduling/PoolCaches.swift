import Logging
public import TaskModel

/// The build caches of the daemons behind pools, as their agents reach them.
public protocol PoolCaches: Sendable {
    /// - Throws: ``PoolServiceError/cacheUnreachable(_:reason:)``
    func usage(of pool: PoolID) async throws -> CacheUsage

    /// - Throws: ``PoolServiceError/cacheUnreachable(_:reason:)``
    func prune(_ pool: PoolID, _ pruning: CachePruning) async throws -> PrunedCache
}

/// The build cache of a pool's daemon, and what it may take.
public struct PoolCache: Sendable, Hashable {
    public let usage: CacheUsage
    public let limits: CacheLimits
}

extension PoolService {
    /// What the build cache of a pool takes. Pools on one daemon share it.
    ///
    /// - Throws: ``PoolServiceError``
    public func cache(of name: String, in registry: Registry) async throws -> PoolCache {
        let pool = try await found(name, in: registry)
        return PoolCache(usage: try await reachableCaches(pool.id).usage(of: pool.id), limits: pool.cache)
    }

    /// Removes build cache of a pool.
    ///
    /// - Throws: ``PoolServiceError``
    public func pruneCache(
        of name: String, in registry: Registry, _ pruning: CachePruning, by principal: String
    ) async throws -> PrunedCache {
        let pool = try await found(name, in: registry)
        let pruned = try await reachableCaches(pool.id).prune(pool.id, pruning)
        environment.logger.info(
            "build cache pruned",
            metadata: [
                "pool": "\(pool.id)", "principal": "\(principal)", "records": "\(pruned.records)",
                "bytes": "\(pruned.bytes)",
            ])
        return pruned
    }

    private func found(_ name: String, in registry: Registry) async throws -> PoolDirectory.Entry {
        let directory = PoolDirectory(settings: environment.settings, store: environment.pools)
        guard let pool = try await directory.find(name, in: registry.name) else {
            throw PoolServiceError.notFound(name)
        }
        return pool
    }

    private func reachableCaches(_ pool: PoolID) throws -> any PoolCaches {
        guard let caches else {
            throw PoolServiceError.cacheUnreachable(pool.name, reason: "no agent of this server serves the pool")
        }
        return caches
    }
}
