import Crypto
import Foundation
import GRDB
import TaskModel

/// How principals stand in their tables: one row of `principal`, any number of `roleAssignment`, one or two of
/// `principalSecret`, of which exactly one has no end.
extension PrincipalStore {
    static func known(_ id: String, at now: Date, in db: GRDB.Database) throws -> PrincipalRecord {
        let row = try Row.fetchOne(
            db, sql: "SELECT id, displayName, isOwn, createTime FROM principal WHERE id = ?", arguments: [id])
        guard let row else { throw PrincipalError.notFound(id) }
        return try record(row, at: now, in: db)
    }

    static func changeable(_ id: String, at now: Date, in db: GRDB.Database) throws -> PrincipalRecord {
        let record = try known(id, at: now, in: db)
        guard !record.isOwn else { throw PrincipalError.isOwn(record.principal.id) }
        return record
    }

    /// Called at the end of a change, which it takes back by throwing.
    static func checkAdministrators(in db: GRDB.Database) throws {
        let isLeft = try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM roleAssignment WHERE role = ? AND registry = '')",
            arguments: [Role.admin.rawValue])
        guard isLeft == true else { throw PrincipalError.lastAdministrator }
    }

    static func record(_ row: Row, at now: Date, in db: GRDB.Database) throws -> PrincipalRecord {
        let secrets = try Row.fetchAll(
            db,
            sql: """
                SELECT id, createTime, endTime FROM principalSecret
                WHERE principal = ? AND (endTime IS NULL OR endTime > ?) ORDER BY createTime, endTime IS NULL
                """, arguments: [row["id"] as String, now.storedMilliseconds])
        return PrincipalRecord(
            principal: try principal(row, in: db), createTime: Date(storedMilliseconds: row["createTime"]),
            isOwn: row["isOwn"],
            secrets: secrets.map { secret in
                PrincipalSecret(
                    id: secret["id"], createTime: Date(storedMilliseconds: secret["createTime"]),
                    endTime: (secret["endTime"] as Int64?).map(Date.init(storedMilliseconds:)))
            })
    }

    static func principal(_ row: Row, in db: GRDB.Database) throws -> Principal {
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

    static func replaceRoles(of principal: Principal, in db: GRDB.Database) throws {
        try db.execute(sql: "DELETE FROM roleAssignment WHERE principal = ?", arguments: [principal.id])
        for role in principal.roles { try insert(role, of: principal.id, in: db) }
    }

    static func insert(_ role: RoleAssignment, of id: String, in db: GRDB.Database) throws {
        try db.execute(
            sql: "INSERT OR IGNORE INTO roleAssignment (principal, role, registry) VALUES (?, ?, ?)",
            arguments: [id, role.role.rawValue, role.registry ?? ""])
    }

    /// Adds the secret that has no end, unless it is there.
    static func ensureSecret(_ hash: String, of id: String, at now: Date, in db: GRDB.Database) throws {
        try db.execute(
            sql: """
                INSERT INTO principalSecret (id, principal, hash, createTime) SELECT ?, ?, ?, ?
                WHERE NOT EXISTS (SELECT 1 FROM principalSecret WHERE principal = ? AND endTime IS NULL)
                """, arguments: [randomID(), id, hash, now.storedMilliseconds, id])
    }

    /// 256 bits in the letters of URLs (RFC 4648, section 5).
    static func randomSecret() -> Secret {
        Secret(
            random(bytes: 32).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
                .replacing("=", with: ""))
    }

    private static func randomID() -> String {
        random(bytes: 8).hexadecimal
    }

    private static func random(bytes count: Int) -> Data {
        SymmetricKey(size: SymmetricKeySize(bitCount: count * 8)).withUnsafeBytes { Data($0) }
    }

    static func hash(_ secret: String, of id: String) -> String {
        HMAC<SHA256>.authenticationCode(for: Data(secret.utf8), using: key(of: id)).withUnsafeBytes { Data($0) }
            .base64EncodedString()
    }

    static func matches(_ secret: String, hash: String, id: String) -> Bool {
        guard let stored = Data(base64Encoded: hash) else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(stored, authenticating: Data(secret.utf8), using: key(of: id))
    }

    private static func key(of id: String) -> SymmetricKey {
        SymmetricKey(data: Data("slipway principal".utf8) + Data(id.lowercased().utf8))
    }
}
