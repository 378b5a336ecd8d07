import Foundation
import Logging
public import Storage
public import TaskModel

/// Makes, shows, changes and removes agent pools.
public struct PoolService: Sendable {
    let environment: SchedulerEnvironment
    let caches: (any PoolCaches)?
    private let removed = RemovedPools()

    /// - Parameter caches: nil for a server without agents.
    public init(_ environment: SchedulerEnvironment, caches: (any PoolCaches)? = nil) {
        self.environment = environment
        self.caches = caches
    }

    private var store: AgentPoolStore { environment.pools }
    private var logger: Logger { environment.logger }

    // MARK: Changing

    /// Adds a pool to a registry, or changes the one of that name.
    ///
    /// - Throws: ``PoolServiceError/configured(_:)`` if the configuration has a pool of that name.
    public func put(_ pool: RegistryPool, by principal: String) async throws -> PoolRecord {
        try checkChangeable(pool.name)
        try await store.put(pool, at: environment.now())
        removed.forget(pool.id)
        logger.info(
            "pool written",
            metadata: ["pool": "\(pool.id)", "slots": "\(pool.count)", "principal": "\(principal)"])
        environment.signals.pools.notify()
        return PoolRecord(pool)
    }

    /// Gives a pool more or fewer slots, at once. Fewer: runs under way go on, and the pool takes no new one until it has a slot for it.
    ///
    /// - Throws: ``PoolServiceError``
    public func setCount(_ count: Int, of name: String, in registry: Registry, by principal: String) async throws
        -> PoolRecord
    {
        guard let pool = try await store.setCount(count, of: name, in: registry.name) else {
            try checkChangeable(name)
            throw PoolServiceError.notFound(name)
        }
        logger.info(
            "pool written", metadata: ["pool": "\(pool.id)", "slots": "\(count)", "principal": "\(principal)"])
        environment.signals.pools.notify()
        return PoolRecord(pool)
    }

    /// Removes a pool. Runs under way go on; queued ones wait until they are canceled or the pool is made again.
    ///
    /// For some seconds ``show(_:in:)`` still knows the pool.
    ///
    /// - Returns: false if there is none of that name.
    /// - Throws: ``PoolServiceError/configured(_:)``
    public func remove(_ name: String, in registry: Registry, by principal: String) async throws -> Bool {
        guard let pool = try await store.remove(name, in: registry.name) else {
            try checkChangeable(name)
            return false
        }
        removed.note(pool, at: environment.now())
        logger.info("pool removed", metadata: ["pool": "\(pool.id)", "principal": "\(principal)"])
        environment.signals.pools.notify()
        return true
    }

    private func checkChangeable(_ name: String) throws {
        if let pool = environment.settings.pool(named: name) { throw PoolServiceError.configured(pool.name) }
    }

    // MARK: Showing

    /// - Throws: ``PoolServiceError/notFound(_:)``
    public func show(_ name: String, in registry: Registry) async throws -> PoolRecord {
        if let record = try await find(name, in: registry) { return record }
        if let pool = removed.find(PoolID(registry: registry.name, name: name), at: environment.now()) {
            return PoolRecord(pool, isRemoved: true)
        }
        throw PoolServiceError.notFound(name)
    }

    /// What whoever removed a pool is shown: the pool this once, as if it were there, since the Azure CLI takes that for its end.
    ///
    /// - Throws: ``PoolServiceError/notFound(_:)``
    public func showOnceMore(_ name: String, in registry: Registry) async throws -> PoolRecord {
        if let record = try await find(name, in: registry) { return record }
        if let pool = removed.take(PoolID(registry: registry.name, name: name), at: environment.now()) {
            return PoolRecord(pool)
        }
        throw PoolServiceError.notFound(name)
    }

    /// Those of the configuration, then the registry's own by name. An own pool whose name was put into the configuration later hides the
    /// one there.
    public func list(in registry: Registry) async throws -> [PoolRecord] {
        let own = try await store.list(in: registry.name)
        let hidden = Set(own.map { $0.name.lowercased() })
        let configured = environment.settings.pools.filter { !hidden.contains($0.name.lowercased()) }
        return configured.map(PoolRecord.init) + own.map { PoolRecord($0) }
    }

    /// What a pool has to do. Of a configured pool that is the runs of all registries.
    ///
    /// - Throws: ``PoolServiceError/notFound(_:)``
    public func load(of name: String, in registry: Registry) async throws -> PoolLoad {
        let directory = PoolDirectory(settings: environment.settings, store: store)
        guard let pool = try await directory.find(name, in: registry.name) else {
            throw PoolServiceError.notFound(name)
        }
        return try await environment.runs.load(of: pool.id)
    }

    private func find(_ name: String, in registry: Registry) async throws -> PoolRecord? {
        if let own = try await store.find(name, in: registry.name) { return PoolRecord(own) }
        return environment.settings.pool(named: name).map(PoolRecord.init)
    }

    // MARK: Serving

    /// The pools of all registries that the embedded agent serves.
    public func embedded() async throws -> [RegistryPool] {
        try await store.list(servedBy: .embedded)
    }

    /// An element at once, and one after each change of a pool; several changes may be one.
    public func changes() -> AsyncStream<Void> {
        environment.signals.pools.stream()
    }
}
