import Crypto
import Foundation
import GRDB
public import TaskModel

/// Keeps the administrator login of each registry that this server stands in front of: the registry's name, with two
/// passwords, so that one can be changed while the other is in use. Both are encrypted.
public struct AdminUserStore: Sendable {
    /// Which of the two passwords. The raw values are the API's own.
    public enum Slot: String, Sendable, CaseIterable {
        case password
        case password2
    }

    let database: Database
    let box: SecretBox

    public init(database: Database, box: SecretBox) {
        self.database = database
        self.box = box
    }

    /// The passwords of a registry, made if there are none yet. Registries are compared without case.
    public func passwords(of registry: String) async throws -> [Slot: Secret] {
        if let known = try await find(registry) { return known }
        return try await database.pool.write { db in
            // Somebody else may have been faster.
            try db.execute(
                sql: "INSERT INTO adminUser (registry, password, password2) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                arguments: [registry, try sealed(.password, of: registry), try sealed(.password2, of: registry)])
            return try read(registry, in: db) ?? [:]
        }
    }

    /// The passwords of a registry; nil if nobody has asked for them yet.
    public func find(_ registry: String) async throws -> [Slot: Secret]? {
        try await database.pool.read { db in try read(registry, in: db) }
    }

    /// Gives a registry a new password in place of one of the two.
    ///
    /// - Returns: both.
    public func regenerate(_ slot: Slot, of registry: String) async throws -> [Slot: Secret] {
        _ = try await passwords(of: registry)
        return try await database.pool.write { db in
            let new = try sealed(slot, of: registry)
            switch slot {
            case .password:
                try db.execute(sql: "UPDATE adminUser SET password = ? WHERE registry = ?", arguments: [new, registry])
            case .password2:
                try db.execute(
                    sql: "UPDATE adminUser SET password2 = ? WHERE registry = ?", arguments: [new, registry])
            }
            return try read(registry, in: db) ?? [:]
        }
    }

    private func read(_ registry: String, in db: GRDB.Database) throws -> [Slot: Secret]? {
        let row = try Row.fetchOne(
            db, sql: "SELECT password, password2 FROM adminUser WHERE registry = ?", arguments: [registry])
        guard let row else { return nil }
        var passwords: [Slot: Secret] = [:]
        for slot in Slot.allCases {
            passwords[slot] = Secret(try box.open(row[slot.rawValue], for: purpose(slot, of: registry)))
        }
        return passwords
    }

    /// A new password of 256 random bits, sealed.
    private func sealed(_ slot: Slot, of registry: String) throws -> String {
        let bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
        let text = bytes.base64EncodedString().filter { $0 != "=" }.map { ["+": "-", "/": "_"][$0] ?? $0 }
        return try box.seal(String(text), for: purpose(slot, of: registry))
    }

    private func purpose(_ slot: Slot, of registry: String) -> String {
        "adminUser/\(registry.lowercased())/\(slot.rawValue)"
    }
}
