public import struct Foundation.Date
import GRDB
public import TaskModel

extension SQLiteRunStore {
    public func queuedRuns(dueAfter last: Date, until now: Date) async throws -> [QueuedRun] {
        try await database.pool.read { db in
            // How many lines were due at a time: none in the first minute, then one, and one more each four minutes.
            let due = { (time: String) in
                "iif(\(time) - createTime < 60000, 0, 1 + (\(time) - createTime - 60000) / 240000)"
            }
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT id, agentPool, poolRegistry, place FROM (
                        SELECT id, agentPool, poolRegistry, createTime,
                            row_number() OVER (PARTITION BY agentPool, poolRegistry ORDER BY priority DESC, sequence) - 1 AS place
                        FROM run WHERE status = 'Queued')
                    WHERE \(due("?1")) > \(due("?2"))
                    """, arguments: [now.storedMilliseconds, last.storedMilliseconds]
            ).compactMap { row in
                let registry: String = row["poolRegistry"]
                return RunID(row["id"] as String).map {
                    QueuedRun(
                        id: $0, pool: PoolID(registry: registry.isEmpty ? nil : registry, name: row["agentPool"]),
                        position: row["place"])
                }
            }
        }
    }

    public func whileQueued(_ ids: [RunID], _ work: @escaping @Sendable (RunID) throws -> Void) async throws {
        try await database.pool.write { db in
            let queued = try db.makeStatement(sql: "SELECT 1 FROM run WHERE id = ? AND status = 'Queued'")
            for id in ids where try Int.fetchOne(queued, arguments: [id.text]) != nil { try work(id) }
        }
    }
}
