public import struct Foundation.Date
import GRDB
import TaskModel

extension SQLiteRunStore {
    public func cancel(_ order: CancelOrder, isDryRun: Bool, at now: Date) async throws -> CancelAnswers {
        if isDryRun {
            return try await database.pool.read { db in
                let runs = try candidates(order.registry, order.selection, db)
                return CancelAnswers(runs: runs.map { $0.answer(isDryRun: true) }, record: nil)
            }
        }
        return try await database.pool.write { db in
            let answers = try candidates(order.registry, order.selection, db).map { $0.answer(isDryRun: false) }
            let queued = try db.makeStatement(
                sql: """
                    UPDATE run SET status = 'Canceled', isCancelRequested = 1, canceledBy = ?, finishTime = ?, lastUpdatedTime = ?
                    WHERE id = ? AND status = 'Queued'
                    """)
            let underWay = try db.makeStatement(
                sql: """
                    UPDATE run SET isCancelRequested = 1, canceledBy = coalesce(canceledBy, ?), lastUpdatedTime = ?
                    WHERE id = ? AND status IN ('Started', 'Running')
                    """)
            let time = now.storedMilliseconds
            for answer in answers {
                switch answer.result {
                case .canceled: try queued.execute(arguments: [order.principal, time, time, answer.id.text])
                case .cancelRequested: try underWay.execute(arguments: [order.principal, time, answer.id.text])
                case .alreadyFinished, .notFound, .wouldCancel: break
                }
            }
            return CancelAnswers(runs: answers, record: try insert(answers, of: order, at: now, db))
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
