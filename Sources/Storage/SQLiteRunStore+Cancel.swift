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
        let pool: PoolID?
        let status: RunStatus?

        init(_ id: RunID, _ row: Row?) {
            self.id = id
            pool = row.map(PoolID.init)
            status = row.flatMap { RunStatus(rawValue: $0["status"]) }
        }

        func answer(isDryRun: Bool) -> CancelAnswer {
            let result: CancelAnswer.Result =
                switch status {
                case nil: .notFound
                case .queued: isDryRun ? .wouldCancel : .canceled
                case .started, .running: isDryRun ? .wouldCancel : .cancelRequested
                default: .alreadyFinished
                }
            return CancelAnswer(id: id, pool: pool, previousStatus: status, result: result)
        }
    }

    private func candidates(_ registry: String, _ selection: CancelSelection, _ db: GRDB.Database) throws -> [Candidate]
    {
        switch selection {
        case .ids(let ids):
            return try ids.map { id in
                let row = try Row.fetchOne(
                    db, sql: "SELECT status, agentPool, poolRegistry FROM run WHERE id = ? AND registry = ?",
                    arguments: [id.text, registry])
                return Candidate(id, row)
            }
        case .filter(let filter):
            let condition = RunCondition(registry: registry, filter)
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT id, status, agentPool, poolRegistry FROM run
                    WHERE status IN ('Queued', 'Started', 'Running') AND \(condition.sql) ORDER BY sequence
                    """, arguments: condition.arguments
            ).compactMap { row in RunID(row["id"] as String).map { Candidate($0, row) } }
        }
    }
}

extension PoolID {
    /// That of a row with `agentPool` and `poolRegistry`.
    init(_ row: Row) {
        let registry: String = row["poolRegistry"]
        self.init(registry: registry.isEmpty ? nil : registry, name: row["agentPool"])
    }
}

extension EndedRun {
    /// Of a row with `id` and its pool.
    init?(_ row: Row) {
        guard let id = RunID(row["id"] as String) else { return nil }
        self.init(id: id, pool: PoolID(row))
    }
}
