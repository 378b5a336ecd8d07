import Storage
import TaskModel

/// Finds the pools that runs of a registry may use: the registry's own, then those of the configuration.
struct PoolDirectory {
    /// A pool as the queue sees it.
    struct Entry {
        let id: PoolID
        let slots: Int
        let policy: PoolPolicy
        let cache: CacheLimits
    }

    let settings: SchedulingSettings
    let store: AgentPoolStore

    /// Compared without case; the first configured pool if no name is given.
    func find(_ name: String?, in registry: String) async throws -> Entry? {
        if let name, !name.isEmpty, let own = try await store.find(name, in: registry) { return entry(of: own) }
        return settings.pool(named: name).map(entry)
    }

    func find(_ id: PoolID) async throws -> Entry? {
        guard let registry = id.registry else { return settings.pool(named: id.name).map(entry) }
        return try await store.find(id.name, in: registry).map(entry)
    }

    func names(in registry: String) async throws -> [String] {
        settings.pools.map(\.name) + (try await store.list(in: registry)).map(\.name)
    }

    private func entry(of pool: AgentPool) -> Entry {
        Entry(id: PoolID(name: pool.name), slots: pool.slots, policy: pool.policy, cache: pool.cache)
    }

    private func entry(of pool: RegistryPool) -> Entry {
        Entry(
            id: pool.id, slots: pool.count, policy: settings.pools.first?.policy ?? PoolPolicy(),
            cache: settings.pools.first?.cache ?? CacheLimits())
    }
}
