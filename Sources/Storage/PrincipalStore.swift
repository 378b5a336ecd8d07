import Crypto
public import Foundation
import GRDB
public import TaskModel

/// Keeps principals. Secrets are 256 random bits, so one round of HMAC-SHA256 is what keeps them.
public struct PrincipalStore: Sendable {
    let database: Database

    public init(database: Database) {
        self.database = database
    }

    /// Adds a principal, or gives the one of that id this name, this secret alone, and these roles.
    ///
    /// - Parameter isOwn: whether it is the server's own administrator, who can't be changed otherwise.
    public func put(_ principal: Principal, secret: String, isOwn: Bool = false, at now: Date) async throws {
        let hash = Self.hash(secret, of: principal.id)
        try await database.pool.write { db in
            try db.execute(
                sql: """
                    INSERT INTO principal (id, displayName, isOwn, createTime) VALUES (?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET displayName = excluded.displayName, isOwn = excluded.isOwn
                    """, arguments: [principal.id, principal.displayName, isOwn, now.storedMilliseconds])
            try db.execute(
                sql: "DELETE FROM principalSecret WHERE principal = ? AND NOT (hash = ? AND endTime IS NULL)",
                arguments: [principal.id, hash])
            // The same secret keeps its id, so that tokens outlive a new start of the server.
            try Self.ensureSecret(hash, of: principal.id, at: now, in: db)
            try Self.replaceRoles(of: principal, in: db)
        }
    }

    /// Adds a principal with a random id and secret.
    ///
    /// - Returns: the secret, which is not kept and can't be told again.
    public func create(
        named displayName: String, roles: Set<RoleAssignment>, at now: Date
    ) async throws -> (record: PrincipalRecord, secret: Secret) {
        let id = UUID().uuidString.lowercased()
        let secret = Self.randomSecret()
        let principal = Principal(id: id, displayName: displayName, roles: roles)
        try await put(principal, secret: secret.value, at: now)
        return (try await show(id, at: now), secret)
    }

    /// All principals, by name.
    public func list(at now: Date) async throws -> [PrincipalRecord] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db, sql: "SELECT id, displayName, isOwn, createTime FROM principal ORDER BY displayName, createTime, id"
            )
            .map { try Self.record($0, at: now, in: db) }
        }
    }

    /// - Throws: ``PrincipalError/notFound(_:)``
    public func show(_ id: String, at now: Date) async throws -> PrincipalRecord {
        try await database.pool.read { db in try Self.known(id, at: now, in: db) }
    }

    public func find(_ id: String) async throws -> Principal? {
        try await database.pool.read { db in
            try Row.fetchOne(db, sql: "SELECT id, displayName FROM principal WHERE id = ?", arguments: [id])
                .map { try Self.principal($0, in: db) }
        }
    }

    /// The principal of that id, if it still has the secret of that id.
    public func find(_ id: String, holding secretID: String, at now: Date) async throws -> Principal? {
        try await database.pool.read { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT principal.id, displayName FROM principal
                    JOIN principalSecret ON principalSecret.principal = principal.id
                    WHERE principal.id = ? AND principalSecret.id = ? AND (endTime IS NULL OR endTime > ?)
                    """, arguments: [id, secretID, now.storedMilliseconds])
            return try row.map { try Self.principal($0, in: db) }
        }
    }

    /// The principal of that id and the id of its secret, if this is one of its secrets. Compared in constant time.
    public func authenticate(
        _ id: String, secret: String, at now: Date = Date()
    ) async throws -> (principal: Principal, secretID: String)? {
        try await database.pool.read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT principal.id, displayName, principalSecret.id AS secretID, hash FROM principal
                    JOIN principalSecret ON principalSecret.principal = principal.id
                    WHERE principal.id = ? AND (endTime IS NULL OR endTime > ?)
                    """, arguments: [id, now.storedMilliseconds])
            guard let row = rows.first(where: { Self.matches(secret, hash: $0["hash"], id: $0["id"]) }) else {
                return nil
            }
            return (try Self.principal(row, in: db), row["secretID"])
        }
    }

    /// Gives a principal a new secret. Tokens end with the secret that they were issued for.
    ///
    /// - Parameter grace: how long the one before goes on to be good; any older ones end at once.
    /// - Throws: ``PrincipalError``
    public func rotate(
        _ id: String, grace: Duration, at now: Date
    ) async throws -> (record: PrincipalRecord, secret: Secret) {
        let secret = Self.randomSecret()
        let end = now.addingTimeInterval(Double(grace.components.seconds))
        let record = try await database.pool.write { db in
            let known = try Self.changeable(id, at: now, in: db).principal
            try db.execute(
                sql: "DELETE FROM principalSecret WHERE principal = ? AND (endTime IS NOT NULL OR ?)",
                arguments: [id, grace <= .zero])
            try db.execute(
                sql: "UPDATE principalSecret SET endTime = ? WHERE principal = ?",
                arguments: [end.storedMilliseconds, id])
            try Self.ensureSecret(Self.hash(secret.value, of: known.id), of: known.id, at: now, in: db)
            return try Self.known(id, at: now, in: db)
        }
        return (record, secret)
    }

    /// - Throws: ``PrincipalError``
    public func delete(_ id: String, at now: Date) async throws {
        try await database.pool.write { db in
            _ = try Self.changeable(id, at: now, in: db)
            try db.execute(sql: "DELETE FROM principal WHERE id = ?", arguments: [id])
            try Self.checkAdministrators(in: db)
        }
    }

    /// Gives a principal a role. It may have it already.
    ///
    /// - Throws: ``PrincipalError``
    public func assign(_ role: RoleAssignment, to id: String, at now: Date) async throws -> PrincipalRecord {
        try await database.pool.write { db in
            let known = try Self.changeable(id, at: now, in: db).principal
            try Self.insert(role, of: known.id, in: db)
            return try Self.known(id, at: now, in: db)
        }
    }

    /// Takes a role from a principal. It may not have it.
    ///
    /// - Throws: ``PrincipalError``
    public func unassign(_ role: RoleAssignment, from id: String, at now: Date) async throws -> PrincipalRecord {
        try await database.pool.write { db in
            _ = try Self.changeable(id, at: now, in: db)
            try db.execute(
                sql: "DELETE FROM roleAssignment WHERE principal = ? AND role = ? AND registry = ?",
                arguments: [id, role.role.rawValue, role.registry ?? ""])
            try Self.checkAdministrators(in: db)
            return try Self.known(id, at: now, in: db)
        }
    }
}
