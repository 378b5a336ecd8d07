public import struct Foundation.Date
import GRDB
import TaskModel

extension SQLiteRunStore {
    public func cancel(
        registry: String, _ selection: CancelSelection, isDryRun: Bool, at now: Date
    ) async throws -> [CancelAnswer] {
        if isDryRun {
            return try await database.pool.read { db in
                try candidates(registry, selection, db).map { $0.answer(isDryRun: true) }
            }
        }
        return try await database.pool.write { db in
            let candidates = try candidates(registry, selection, db)
            let queued = try db.makeStatement(
                sql: """
                    UPDATE run SET status = 'Canceled', isCancelRequested = 1, finishTime = ?, lastUpdatedTime = ?
                    WHERE id = ? AND status = 'Queued'
                    """)
            let underWay = try db.makeStatement(
                sql:
                    "UPDATE run SET isCancelRequested = 1, lastUpdatedTime = ? WHERE id = ? AND status IN ('Started', 'Running')"
            )
            for candidate in candidates {
                switch candidate.status {
                case .queued:
                    try queued.execute(arguments: [now.storedMilliseconds, now.storedMilliseconds, candidate.id.text])
                case .started, .running: try underWay.execute(arguments: [now.storedMilliseconds, candidate.id.text])
                default: break
                }
            }
            return candidates.map { $0.answer(isDryRun: false) }
        }
    }

    private struct Candidate {
        let id: RunID
        let status: RunStatus?

        func answer(isDryRun: Bool) -> CancelAnswer {
            let result: CancelAnswer.Result =
                switch status {
                case nil: .notFound
                case .queued: isDryRun ? .wouldCancel : .canceled
                case .started, .running: isDryRun ? .wouldCancel : .cancelRequested
                default: .alreadyFinished
                }
            return CancelAnswer(id: id, previousStatus: status, result: result)
        }
    }

    private func candidates(_ registry: String, _ selection: CancelSelection, _ db: GRDB.Database) throws -> [Candidate]
    {
        switch selection {
        case .ids(let ids):
            return try ids.map { id in
                let status = try String.fetchOne(
                    db, sql: "SELECT status FROM run WHERE id = ? AND registry = ?", arguments: [id.text, registry])
                return Candidate(id: id, status: status.flatMap(RunStatus.init(rawValue:)))
            }
        case .filter(let filter):
            let condition = RunCondition(registry: registry, filter)
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT id, status FROM run WHERE status IN ('Queued', 'Started', 'Running') AND \(condition.sql) ORDER BY sequence
                    """, arguments: condition.arguments
            ).compactMap { row in
                RunID(row["id"] as String).map { Candidate(id: $0, status: RunStatus(rawValue: row["status"])) }
            }
        }
    }
}
