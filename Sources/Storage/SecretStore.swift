public import Foundation
import GRDB
public import TaskModel

/// Keeps the secrets that task files and logins of a registry name by the URL of a vault. Each setting of one makes a new
/// version, of which the newest ``keptVersions`` stay. Values are encrypted, each bound to its row.
///
/// Registries, vaults, names and versions are compared without case.
public struct SecretStore: Sendable {
    /// How many versions of a secret are kept.
    public static let keptVersions = 10

    let database: Database
    let box: SecretBox

    public init(database: Database, box: SecretBox) {
        self.database = database
        self.box = box
    }

    /// Stores a new version, and drops those beyond ``keptVersions``.
    ///
    /// - Parameter location: whose version, if it has one, does not count.
    /// - Returns: the secret with all its versions, the new one first.
    public func set(
        _ value: Secret, at location: SecretLocation, in registry: String, by principal: String, at now: Date
    ) async throws -> StoredSecret {
        let version = Self.randomVersion()
        let sealed = try box.seal(value.value, for: Self.purpose(registry, location.vault, location.name, version))
        return try await database.pool.write { db in
            try db.execute(
                sql: """
                    INSERT INTO vaultSecret (registry, vault, name, version, value, createTime, createdBy)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    registry, location.vault, location.name, version, sealed, now.storedMilliseconds, principal,
                ])
            try db.execute(
                sql: """
                    DELETE FROM vaultSecret WHERE sequence IN (
                        SELECT sequence FROM vaultSecret WHERE registry = ? AND vault = ? AND name = ?
                        ORDER BY sequence DESC LIMIT -1 OFFSET ?)
                    """, arguments: [registry, location.vault, location.name, Self.keptVersions])
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT vault, name, version, createTime, createdBy FROM vaultSecret
                    WHERE registry = ? AND vault = ? AND name = ? ORDER BY sequence DESC
                    """, arguments: [registry, location.vault, location.name])
            guard let stored = Self.secrets(rows).first else {
                throw StorageError.io(action: "store a secret", reason: "its row is gone")
            }
            return stored
        }
    }

    /// By vault and name, without their values.
    public func list(in registry: String) async throws -> [StoredSecret] {
        try await database.pool.read { db in
            Self.secrets(
                try Row.fetchAll(
                    db,
                    sql: """
                        SELECT vault, name, version, createTime, createdBy FROM vaultSecret
                        WHERE registry = ? ORDER BY vault, name, sequence DESC
                        """, arguments: [registry]))
        }
    }

    /// The value of the newest version, or of the one that the location names; nil if there is none.
    public func find(_ location: SecretLocation, in registry: String) async throws -> Secret? {
        try await database.pool.read { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT registry, vault, name, version, value FROM vaultSecret
                    WHERE registry = ?1 AND vault = ?2 AND name = ?3 AND (?4 IS NULL OR version = ?4)
                    ORDER BY sequence DESC LIMIT 1
                    """, arguments: [registry, location.vault, location.name, location.version])
            return try row.map {
                Secret(
                    try box.open(
                        $0["value"], for: Self.purpose($0["registry"], $0["vault"], $0["name"], $0["version"])))
            }
        }
    }

    /// Removes all versions, or the one that the location names.
    ///
    /// - Returns: how many there were.
    public func delete(_ location: SecretLocation, in registry: String) async throws -> Int {
        try await database.pool.write { db in
            try db.execute(
                sql: """
                    DELETE FROM vaultSecret
                    WHERE registry = ?1 AND vault = ?2 AND name = ?3 AND (?4 IS NULL OR version = ?4)
                    """, arguments: [registry, location.vault, location.name, location.version])
            return db.changesCount
        }
    }

    /// - Parameter rows: those of one secret in succession, its newest version first.
    private static func secrets(_ rows: [Row]) -> [StoredSecret] {
        var secrets: [StoredSecret] = []
        for row in rows {
            let version = StoredSecret.Version(
                id: row["version"], createTime: Date(storedMilliseconds: row["createTime"]),
                createdBy: row["createdBy"])
            let (vault, name): (String, String) = (row["vault"], row["name"])
            if let last = secrets.last, last.vault == vault, last.name.lowercased() == name.lowercased() {
                secrets[secrets.count - 1].versions.append(version)
            } else {
                secrets.append(StoredSecret(vault: vault, name: name, versions: [version]))
            }
        }
        return secrets
    }

    /// 128 bits, as vaults name versions.
    private static func randomVersion() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }.hexadecimal
    }

    private static func purpose(_ registry: String, _ vault: String, _ name: String, _ version: String) -> String {
        "vaultSecret/\(registry)/\(vault)/\(name)/\(version)".lowercased()
    }
}
