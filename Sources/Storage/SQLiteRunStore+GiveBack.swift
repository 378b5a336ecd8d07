public import struct Foundation.Date
import GRDB
public import TaskModel

extension SQLiteRunStore {
    public func giveBack(lease: String, at now: Date) async throws -> Run? {
        try await database.pool.write { db in
            guard
                let id = try String.fetchOne(
                    db,
                    sql: """
                        UPDATE run SET status = 'Queued', startTime = NULL, lastUpdatedTime = ?, lease = NULL, agent = NULL
                        WHERE lease = ? AND status = 'Started' AND NOT isCancelRequested RETURNING id
                        """, arguments: [now.storedMilliseconds, lease])
            else { return nil }
            return try fetch("id = ?", [id], in: db)
        }
    }
}
