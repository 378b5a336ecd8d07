import struct Foundation.Date
import GRDB
public import TaskModel

extension SQLiteRunStore {
    public func cancels(registry: String, limit: Int) async throws -> [CancelRecord] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM cancelRequest WHERE registry = ? ORDER BY number DESC LIMIT ?",
                arguments: [registry, limit]
            ).map { try record($0, db) }
        }
    }

    private func record(_ row: Row, _ db: GRDB.Database) throws -> CancelRecord {
        let number: Int64 = row["number"]
        let items = try Row.fetchAll(
            db, sql: "SELECT run, previousStatus, result FROM cancelResult WHERE request = ? ORDER BY position",
            arguments: [number]
        ).compactMap { item in
            RunID(item["run"] as String).map {
                CancelRecord.Item(
                    run: $0, previousStatus: (item["previousStatus"] as String?).flatMap(RunStatus.init(rawValue:)),
                    result: item["result"])
            }
        }
        return CancelRecord(
            number: number, time: Date(storedMilliseconds: row["time"]), principal: row["principal"],
            address: row["address"], filter: row["filter"], runs: items)
    }

    /// - Returns: the number of the record.
    func insert(_ answers: [CancelAnswer], of order: CancelOrder, at now: Date, _ db: GRDB.Database) throws -> Int64 {
        try db.execute(
            sql: "INSERT INTO cancelRequest (registry, time, principal, address, filter) VALUES (?, ?, ?, ?, ?)",
            arguments: [order.registry, now.storedMilliseconds, order.principal, order.address, order.filterText])
        let number = db.lastInsertedRowID
        let insert = try db.makeStatement(
            sql: "INSERT INTO cancelResult (request, position, run, previousStatus, result) VALUES (?, ?, ?, ?, ?)")
        for (position, answer) in answers.enumerated() {
            try insert.execute(
                arguments: [
                    number, position, answer.id.text, answer.previousStatus?.rawValue, answer.result.rawValue,
                ])
        }
        return number
    }
}
