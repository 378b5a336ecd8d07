import Foundation
import GRDB

/// The SQLite file of a server: write-ahead log, one connection that writes, migrations on opening.
///
/// Only the writing connection checkpoints, and every commit is synced: an answered write survives a loss of power.
public final class Database: Sendable {
    let pool: DatabasePool

    /// Opens the file, makes it if it is missing, and brings it to this version's schema, keeping a copy of an older file beside it.
    ///
    /// - Throws: ``StorageError/newerSchema(path:)`` if a later version of the program has written it.
    public init(path: String) throws {
        var configuration = Configuration()
        configuration.label = "slipway"
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(5)
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        let isNew = !FileManager.default.fileExists(atPath: path)
        pool = try DatabasePool(path: path, configuration: configuration)
        if try pool.read(Migrations.all.hasBeenSuperseded) { throw StorageError.newerSchema(path: path) }
        if try !isNew && !pool.read(Migrations.all.hasCompletedMigrations) {
            let copy = path + ".before-" + (Migrations.latest ?? "migration")
            try? FileManager.default.removeItem(atPath: copy)  // of an earlier try, which did not get through
            try pool.backup(to: DatabaseQueue(path: copy))
        }
        try Migrations.all.migrate(pool)
    }

    /// Ends all connections. What is called afterwards fails.
    public func close() throws {
        try pool.close()
    }

    /// Whether the database answers.
    public func check() async throws {
        _ = try await pool.read { try Int.fetchOne($0, sql: "SELECT 1") }
    }

    /// The version of SQLite.
    public func libraryVersion() async throws -> String {
        try await pool.read { try String.fetchOne($0, sql: "SELECT sqlite_version()") ?? "" }
    }
}
