import Foundation
import GRDB
import TaskModel

extension RunChangeStore {
    /// Up to where a reader is done; 0 for one that was never seen.
    public func place(of reader: String) async throws -> Int64 {
        try await database.pool.read { db in
            try Int64.fetchOne(db, sql: "SELECT sequence FROM runChangeReader WHERE name = ?", arguments: [reader]) ?? 0
        }
    }

    /// What came after a change, oldest first: for a reader that reads on while it is not done with everything before.
    public func changes(after sequence: Int64, limit: Int) async throws -> [Change] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT runChange.sequence, run.id, runChange.status, runChange.time
                    FROM runChange JOIN run ON run.sequence = runChange.run
                    WHERE runChange.sequence > ? ORDER BY runChange.sequence LIMIT ?
                    """, arguments: [sequence, limit]
            ).compactMap { row in
                guard let run = RunID(row["id"] as String), let status = RunStatus(rawValue: row["status"]) else {
                    return nil
                }
                return Change(
                    sequence: row["sequence"], run: run, status: status, time: Date(storedMilliseconds: row["time"]))
            }
        }
    }
}
