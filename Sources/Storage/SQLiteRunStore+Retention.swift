public import struct Foundation.Date
import GRDB
public import TaskModel

extension SQLiteRunStore {
    public func remove(endedBefore time: Date, limit: Int) async throws -> [RunID] {
        try await database.pool.write { db in
            try String.fetchAll(
                db,
                sql: """
                    DELETE FROM run WHERE sequence IN (
                        SELECT sequence FROM run AS old
                        WHERE finishTime < ? AND NOT isArchiveEnabled
                            AND NOT EXISTS (SELECT 1 FROM taskRun WHERE taskRun.run = old.id)
                            AND (task IS NULL OR status <> 'Succeeded' OR EXISTS (
                                SELECT 1 FROM run AS later WHERE later.task = old.task AND later.sequence > old.sequence
                                    AND later.registry = old.registry AND later.status = 'Succeeded'))
                        ORDER BY finishTime LIMIT ?)
                    RETURNING id
                    """, arguments: [time.storedMilliseconds, limit]
            ).compactMap { RunID($0) }
        }
    }

    public func existing(among ids: [RunID]) async throws -> Set<RunID> {
        try await database.pool.read { db in
            let statement = try db.makeStatement(sql: "SELECT 1 FROM run WHERE id = ?")
            return try Set(ids.filter { try Int.fetchOne(statement, arguments: [$0.text]) != nil })
        }
    }
}
