public import TaskModel

/// A pool as it is shown: one of a registry's own, or one of the configuration.
public struct PoolRecord: Sendable, Hashable {
    public let name: String
    public let count: Int
    /// Nil for configured pools.
    public let tier: PoolTier?
    public let subnet: String?
    /// Whether it is the configuration's, and can't be changed otherwise.
    public let isConfigured: Bool
    /// Whether it is gone, and shown only for a moment.
    public let isRemoved: Bool

    init(_ pool: RegistryPool, isRemoved: Bool = false) {
        name = pool.name
        count = pool.count
        tier = pool.tier
        subnet = pool.subnet
        isConfigured = false
        self.isRemoved = isRemoved
    }

    init(_ pool: AgentPool) {
        name = pool.name
        count = pool.slots
        tier = nil
        subnet = nil
        isConfigured = true
        isRemoved = false
    }
}
