import Crypto
public import Foundation
import GRDB
public import TaskModel

/// Keeps principals. Secrets are 256 random bits, so one round of SHA-256 is what keeps them.
public struct PrincipalStore: Sendable {
    let database: Database

    public init(database: Database) {
        self.database = database
    }

    /// Adds a principal, or gives the one of that id this secret and these roles.
    public func put(_ principal: Principal, secret: String, at now: Date) async throws {
        let hash = Self.hash(secret, of: principal.id)
        try await database.pool.write { db in
            try db.execute(
                sql: """
                    INSERT INTO principal (id, displayName, secretHash, createTime) VALUES (?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET displayName = excluded.displayName, secretHash = excluded.secretHash
                    """, arguments: [principal.id, principal.displayName, hash, now.storedMilliseconds])
            try db.execute(sql: "DELETE FROM roleAssignment WHERE principal = ?", arguments: [principal.id])
            for assignment in principal.roles {
                try db.execute(
                    sql: "INSERT INTO roleAssignment (principal, role, registry) VALUES (?, ?, ?)",
                    arguments: [principal.id, assignment.role.rawValue, assignment.registry ?? ""])
            }
        }
    }

    public func find(_ id: String) async throws -> Principal? {
        try await database.pool.read { db in
            try Row.fetchOne(db, sql: "SELECT id, displayName FROM principal WHERE id = ?", arguments: [id])
                .map { try principal($0, in: db) }
        }
    }

    /// The principal of that id, if this is its secret. Compared in constant time.
    public func authenticate(_ id: String, secret: String) async throws -> Principal? {
        try await database.pool.read { db in
            let row = try Row.fetchOne(
                db, sql: "SELECT id, displayName, secretHash FROM principal WHERE id = ?", arguments: [id])
            guard let row, Self.matches(secret, hash: row["secretHash"], id: row["id"]) else { return nil }
            return try principal(row, in: db)
        }
    }

    private func principal(_ row: Row, in db: GRDB.Database) throws -> Principal {
        let roles = try Row.fetchAll(
            db, sql: "SELECT role, registry FROM roleAssignment WHERE principal = ?", arguments: [row["id"] as String])
        return Principal(
            id: row["id"], displayName: row["displayName"],
            roles: Set(
                roles.compactMap { assignment in
                    let registry: String = assignment["registry"]
                    return Role(rawValue: assignment["role"]).map {
                        RoleAssignment($0, in: registry.isEmpty ? nil : registry)
                    }
                }))
    }

    private static func hash(_ secret: String, of id: String) -> String {
        code(secret, of: id).withUnsafeBytes { Data($0) }.base64EncodedString()
    }

    private static func matches(_ secret: String, hash: String, id: String) -> Bool {
        guard let stored = Data(base64Encoded: hash) else { return false }
        let key = SymmetricKey(data: Data("slipway principal".utf8) + Data(id.lowercased().utf8))
        return HMAC<SHA256>.isValidAuthenticationCode(stored, authenticating: Data(secret.utf8), using: key)
    }

    private static func code(_ secret: String, of id: String) -> HMAC<SHA256>.MAC {
        let key = SymmetricKey(data: Data("slipway principal".utf8) + Data(id.lowercased().utf8))
        return HMAC<SHA256>.authenticationCode(for: Data(secret.utf8), using: key)
    }
}
