import GRDB
public import TaskModel

extension SQLiteRunStore {
    public func whileQueued(_ ids: [RunID], _ work: @escaping @Sendable (RunID) throws -> Void) async throws {
        try await database.pool.write { db in
            let queued = try db.makeStatement(sql: "SELECT 1 FROM run WHERE id = ? AND status = 'Queued'")
            for id in ids where try Int.fetchOne(queued, arguments: [id.text]) != nil { try work(id) }
        }
    }
}
