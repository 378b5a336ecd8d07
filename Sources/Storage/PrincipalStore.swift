import Crypto
public import Foundation
import GRDB

/// Somebody who may use the server.
public struct Principal: Sendable, Hashable {
    /// The client id.
    public let id: String
    public let displayName: String
    public let role: String

    public init(id: String, displayName: String, role: String) {
        self.id = id
        self.displayName = displayName
        self.role = role
    }
}

/// Keeps principals. Secrets are 256 random bits, so one round of SHA-256 is what keeps them.
public struct PrincipalStore: Sendable {
    let database: Database

    public init(database: Database) {
        self.database = database
    }

    /// Adds a principal, or gives the one of that id this secret.
    public func put(_ principal: Principal, secret: String, at now: Date) async throws {
        let hash = Self.hash(secret, of: principal.id)
        try await database.pool.write { db in
            try db.execute(
                sql: """
                    INSERT INTO principal (id, displayName, secretHash, role, createTime) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET secretHash = excluded.secretHash, role = excluded.role
                    """, arguments: [principal.id, principal.displayName, hash, principal.role, now.storedMilliseconds])
        }
    }

    public func find(_ id: String) async throws -> Principal? {
        try await database.pool.read { db in
            try Row.fetchOne(db, sql: "SELECT id, displayName, role FROM principal WHERE id = ?", arguments: [id]).map {
                Principal(id: $0["id"], displayName: $0["displayName"], role: $0["role"])
            }
        }
    }

    /// The principal of that id, if this is its secret. Compared in constant time.
    public func authenticate(_ id: String, secret: String) async throws -> Principal? {
        try await database.pool.read { db in
            let row = try Row.fetchOne(
                db, sql: "SELECT id, displayName, role, secretHash FROM principal WHERE id = ?", arguments: [id])
            guard let row, Self.matches(secret, hash: row["secretHash"], id: row["id"]) else { return nil }
            return Principal(id: row["id"], displayName: row["displayName"], role: row["role"])
        }
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
