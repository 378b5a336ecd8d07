public import Foundation
import GRDB
public import TaskModel

/// How runs moved, in order, for those who follow that up. A change is written in the transaction that makes it, so none is missed; each reader
/// keeps its own place.
public struct RunChangeStore: Sendable {
    /// That a run came to a status.
    public struct Change: Sendable, Hashable {
        public let sequence: Int64
        public let run: RunID
        public let status: RunStatus
        public let time: Date
    }

    let database: Database

    public init(database: Database) {
        self.database = database
    }

    /// An element at once, and one after changes.
    public func signals() -> AsyncStream<Void> {
        // The table is written by the schema's own triggers, whenever a run is.
        database.changes(of: "runChange")
    }

    /// What a reader has not done with yet, oldest first. A reader that was never seen begins with what there is.
    public func changes(for reader: String, limit: Int) async throws -> [Change] {
        try await changes(after: try await place(of: reader), limit: limit)
    }

    /// Says that a reader has done with all up to this one.
    public func acknowledge(_ sequence: Int64, by reader: String) async throws {
        try await database.pool.write { db in
            try Self.acknowledge(sequence, by: reader, db)
        }
    }

    /// The same within a transaction of what the reader did.
    static func acknowledge(_ sequence: Int64, by reader: String, _ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                INSERT INTO runChangeReader (name, sequence) VALUES (?, ?)
                ON CONFLICT (name) DO UPDATE SET sequence = max(sequence, excluded.sequence)
                """, arguments: [reader, sequence])
    }

    /// Removes what all of these readers have done with.
    public func prune(readers: [String]) async throws {
        try await database.pool.write { db in
            let places = try readers.map { reader in
                try Int64.fetchOne(
                    db, sql: "SELECT sequence FROM runChangeReader WHERE name = ?", arguments: [reader]) ?? 0
            }
            guard let least = places.min() else { return }
            try db.execute(sql: "DELETE FROM runChange WHERE sequence <= ?", arguments: [least])
        }
    }
}
