import Crypto
public import Foundation
import GRDB
public import TaskModel

/// Keeps agents on other hosts and the tokens that let them join. Keys and tokens are 256 random bits, of which a hash is kept.
///
/// It remembers the agents that have shown their keys, as they call every second: only one of these may be in use at a time.
public struct AgentStore: Sendable {
    let database: Database
    private let known = KnownAgents()

    public init(database: Database) {
        self.database = database
    }

    // MARK: Agents

    /// Adds an agent that came with a join token, counting the token's use. The same agent with the same key again is the same one.
    ///
    /// - Throws: ``AgentStoreError/exists(_:)``
    public func join(_ agent: AgentRecord, key: Secret, token: String, at now: Date) async throws {
        let hash = Self.hash(key, of: agent.id)
        try await database.pool.write { db in
            if let known = try String.fetchOne(db, sql: "SELECT hash FROM agent WHERE id = ?", arguments: [agent.id]) {
                guard Self.matches(key, hash: known, id: agent.id) else { throw AgentStoreError.exists(agent.id) }
            } else {
                try db.execute(
                    sql: "UPDATE joinToken SET uses = uses + 1, lastUseTime = ? WHERE id = ?",
                    arguments: [now.storedMilliseconds, token])
            }
            try db.execute(
                sql: """
                    INSERT INTO agent (id, pool, poolRegistry, host, slots, labels, version, hash, joinToken, createTime, lastSeenTime)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
                    """,
                arguments: [
                    agent.id, agent.pool.name, agent.pool.registry ?? "", agent.host, agent.slots,
                    try Self.text(agent.labels), agent.version, hash, token, now.storedMilliseconds,
                    now.storedMilliseconds,
                ])
            try Self.update(agent, at: now, db)
        }
        known.forget(agent.id)
    }

    /// Notes how a known agent describes itself now. Its pool stays.
    public func update(_ agent: AgentRecord, at now: Date) async throws {
        try await database.pool.write { try Self.update(agent, at: now, $0) }
        known.forget(agent.id)
    }

    private static func update(_ agent: AgentRecord, at now: Date, _ db: GRDB.Database) throws {
        try db.execute(
            sql: "UPDATE agent SET host = ?, slots = ?, labels = ?, version = ?, lastSeenTime = ? WHERE id = ?",
            arguments: [
                agent.host, agent.slots, try text(agent.labels), agent.version, now.storedMilliseconds, agent.id,
            ])
    }

    /// The agent of that id, if this is its key. Compared in constant time.
    public func authenticate(agent id: String, key: Secret) async throws -> AgentRecord? {
        if let entry = known.find(id), Self.matches(key, hash: entry.hash, id: id) { return entry.agent }
        let mark = known.mark()
        let found = try await database.pool.read { db -> (agent: AgentRecord, hash: String)? in
            guard let row = try Row.fetchOne(db, sql: "SELECT * FROM agent WHERE id = ?", arguments: [id]),
                Self.matches(key, hash: row["hash"], id: id)
            else { return nil }
            return (try Self.agent(row), row["hash"])
        }
        if let found { known.remember(found.agent, hash: found.hash, since: mark) }
        return found?.agent
    }

    /// By pool and id.
    public func agents() async throws -> [AgentRecord] {
        try await database.pool.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM agent ORDER BY poolRegistry, pool, id").map(Self.agent)
        }
    }

    /// Says whether an agent is to take new runs.
    ///
    /// - Throws: ``AgentStoreError/agentNotFound(_:)``
    public func setDraining(_ isDraining: Bool, agent id: String) async throws {
        try await database.pool.write { db in
            try db.execute(sql: "UPDATE agent SET isDraining = ? WHERE id = ?", arguments: [isDraining, id])
            guard db.changesCount == 1 else { throw AgentStoreError.agentNotFound(id) }
        }
        known.forget(id)
    }

    /// Forgets an agent: its key is good no more.
    ///
    /// - Throws: ``AgentStoreError/agentNotFound(_:)``
    public func remove(agent id: String) async throws {
        try await database.pool.write { db in
            try db.execute(sql: "DELETE FROM agent WHERE id = ?", arguments: [id])
            guard db.changesCount == 1 else { throw AgentStoreError.agentNotFound(id) }
        }
        known.forget(id)
    }

    /// Who was given this lease; nil if there is no such one, or its run was given to nobody since.
    public func holder(ofLease lease: String) async throws -> String? {
        try await database.pool.read { db in
            try String.fetchOne(db, sql: "SELECT agent FROM run WHERE lease = ?", arguments: [lease])
        }
    }

    private static func agent(_ row: Row) throws -> AgentRecord {
        AgentRecord(
            id: row["id"], pool: pool(row), host: row["host"], slots: row["slots"],
            labels: try JSONDecoder().decode([String: String].self, from: Data((row["labels"] as String).utf8)),
            version: row["version"], isDraining: row["isDraining"],
            createTime: Date(storedMilliseconds: row["createTime"]),
            lastSeenTime: Date(storedMilliseconds: row["lastSeenTime"]))
    }

    static func pool(_ row: Row) -> PoolID {
        let registry: String = row["poolRegistry"]
        return PoolID(registry: registry.isEmpty ? nil : registry, name: row["pool"])
    }

    private static func text(_ labels: [String: String]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(labels), as: UTF8.self)
    }

    // MARK: Hashes

    static func hash(_ secret: Secret, of id: String) -> String {
        HMAC<SHA256>.authenticationCode(for: Data(secret.value.utf8), using: key(of: id)).withUnsafeBytes { Data($0) }
            .base64EncodedString()
    }

    static func matches(_ secret: Secret, hash: String, id: String) -> Bool {
        guard let stored = Data(base64Encoded: hash) else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(
            stored, authenticating: Data(secret.value.utf8), using: key(of: id))
    }

    private static func key(of id: String) -> SymmetricKey {
        SymmetricKey(data: Data("slipway agent ".utf8) + Data(id.utf8))
    }
}
