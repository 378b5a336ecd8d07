public import Foundation
import GRDB
public import TaskModel

extension AgentStore {
    /// Adds a join token.
    ///
    /// - Parameters:
    ///   - secret: of which a hash is kept.
    ///   - endTime: nil for one that is good until it is revoked.
    public func addToken(
        _ id: String, secret: Secret, for pool: PoolID, until endTime: Date?, by principal: String, at now: Date
    ) async throws -> JoinToken {
        let hash = Self.hash(secret, of: id)
        try await database.pool.write { db in
            try db.execute(
                sql: """
                    INSERT INTO joinToken (id, pool, poolRegistry, hash, createTime, createdBy, endTime) VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, pool.name, pool.registry ?? "", hash, now.storedMilliseconds, principal,
                    endTime?.storedMilliseconds,
                ])
        }
        return JoinToken(
            id: id, pool: pool, createTime: now, createdBy: principal, endTime: endTime, isRevoked: false, uses: 0,
            lastUseTime: nil)
    }

    /// The token of that id, if this is its secret and it is still good. Compared in constant time.
    public func authenticate(token id: String, secret: Secret, at now: Date) async throws -> JoinToken? {
        try await database.pool.read { db in
            guard let row = try Row.fetchOne(db, sql: "SELECT * FROM joinToken WHERE id = ?", arguments: [id]),
                Self.matches(secret, hash: row["hash"], id: id)
            else { return nil }
            let token = Self.token(row)
            return token.isGood(at: now) ? token : nil
        }
    }

    /// Those of a pool, newest first, revoked ones and those that are over included.
    public func tokens(of pool: PoolID) async throws -> [JoinToken] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM joinToken WHERE pool = ? AND poolRegistry = ? ORDER BY createTime DESC, id",
                arguments: [pool.name, pool.registry ?? ""]
            ).map(Self.token)
        }
    }

    /// Makes a token good no more. Agents that joined with it stay.
    ///
    /// - Throws: ``AgentStoreError/tokenNotFound(_:)``
    public func revokeToken(_ id: String, of pool: PoolID) async throws {
        try await database.pool.write { db in
            try db.execute(
                sql: "UPDATE joinToken SET isRevoked = 1 WHERE id = ? AND pool = ? AND poolRegistry = ?",
                arguments: [id, pool.name, pool.registry ?? ""])
            guard db.changesCount == 1 else { throw AgentStoreError.tokenNotFound(id) }
        }
    }

    private static func token(_ row: Row) -> JoinToken {
        JoinToken(
            id: row["id"], pool: pool(row), createTime: Date(storedMilliseconds: row["createTime"]),
            createdBy: row["createdBy"], endTime: (row["endTime"] as Int64?).map(Date.init(storedMilliseconds:)),
            isRevoked: row["isRevoked"], uses: row["uses"],
            lastUseTime: (row["lastUseTime"] as Int64?).map(Date.init(storedMilliseconds:)))
    }
}
