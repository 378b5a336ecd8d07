public import struct Foundation.Date
import GRDB
public import TaskModel

/// Keeps the pools that registries have for themselves.
public struct AgentPoolStore: Sendable {
    let database: Database

    public init(database: Database) {
        self.database = database
    }

    /// Adds a pool, or gives the one of that name these properties.
    public func put(_ pool: RegistryPool, at now: Date) async throws {
        try await database.pool.write { db in
            try db.execute(
                sql: """
                    INSERT INTO agentPool (registry, name, count, tier, subnet, servedBy, createTime) VALUES (?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (registry, name) DO UPDATE SET
                        count = excluded.count, tier = excluded.tier, subnet = excluded.subnet, servedBy = excluded.servedBy
                    """,
                arguments: [
                    pool.registry, pool.name, pool.count, pool.tier.rawValue, pool.subnet, pool.servedBy.rawValue,
                    now.storedMilliseconds,
                ])
        }
    }

    /// - Returns: the pool as stored; nil if there is none of that name.
    public func setCount(_ count: Int, of name: String, in registry: String) async throws -> RegistryPool? {
        try await database.pool.write { db in
            try db.execute(
                sql: "UPDATE agentPool SET count = ? WHERE registry = ? AND name = ?",
                arguments: [count, registry, name])
            return try Self.fetch(name, in: registry, db)
        }
    }

    /// - Returns: the pool as it was; nil if there was none of that name.
    public func remove(_ name: String, in registry: String) async throws -> RegistryPool? {
        try await database.pool.write { db in
            guard let pool = try Self.fetch(name, in: registry, db) else { return nil }
            try db.execute(
                sql: "DELETE FROM agentPool WHERE registry = ? AND name = ?", arguments: [registry, name])
            return pool
        }
    }

    public func find(_ name: String, in registry: String) async throws -> RegistryPool? {
        try await database.pool.read { try Self.fetch(name, in: registry, $0) }
    }

    /// By name.
    public func list(in registry: String) async throws -> [RegistryPool] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM agentPool WHERE registry = ? ORDER BY name", arguments: [registry]
            ).map(Self.pool)
        }
    }

    /// Those of all registries that one kind of agent serves.
    public func list(servedBy server: RegistryPool.Server) async throws -> [RegistryPool] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM agentPool WHERE servedBy = ? ORDER BY registry, name",
                arguments: [server.rawValue]
            ).map(Self.pool)
        }
    }

    private static func fetch(_ name: String, in registry: String, _ db: GRDB.Database) throws -> RegistryPool? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM agentPool WHERE registry = ? AND name = ?", arguments: [registry, name]
        ).map(pool)
    }

    private static func pool(_ row: Row) throws -> RegistryPool {
        guard let tier = PoolTier(rawValue: row["tier"]), let server = RegistryPool.Server(rawValue: row["servedBy"])
        else {
            throw StorageError.io(action: "read pool \(row["name"] as String)", reason: "its row holds unknown values")
        }
        return RegistryPool(
            registry: row["registry"], name: row["name"], count: row["count"], tier: tier, subnet: row["subnet"],
            servedBy: server)
    }
}
