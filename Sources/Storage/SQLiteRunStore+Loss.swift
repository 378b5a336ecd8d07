public import struct Foundation.Date
import GRDB
public import TaskModel

extension SQLiteRunStore {
    public func heldRuns() async throws -> [HeldRun] {
        try await database.pool.read { db in try heldRuns("", [], db) }
    }

    public func heldRun(lease: String) async throws -> HeldRun? {
        try await database.pool.read { db in try heldRuns("AND lease = ?", [lease], db).first }
    }

    private func heldRuns(_ condition: String, _ arguments: StatementArguments, _ db: GRDB.Database) throws -> [HeldRun]
    {
        try Row.fetchAll(
            db,
            sql: """
                SELECT id, lease, agent, agentPool, poolRegistry, logStart, isCancelRequested, isTimeoutRequested,
                    coalesce(startTime, createTime) AS startTime, coalesce(
                        json_extract(request, '$.build.common.timeoutSeconds'),
                        json_extract(request, '$.taskFile.common.timeoutSeconds')) AS timeout
                FROM run WHERE status IN ('Started', 'Running') AND lease IS NOT NULL \(condition)
                """, arguments: arguments
        ).compactMap { row in
            RunID(row["id"] as String).map { id in
                HeldRun(
                    run: id, lease: row["lease"], agent: row["agent"] ?? "",
                    pool: PoolID(row),
                    logStart: row["logStart"],
                    stop: row["isCancelRequested"] ? .cancel : row["isTimeoutRequested"] ? .timeout : nil,
                    startTime: Date(storedMilliseconds: row["startTime"]),
                    timeout: (row["timeout"] as Int64?).map { .seconds($0) })
            }
        }
    }

    public func requestTimeout(lease: String, because message: String, at now: Date) async throws -> Bool {
        try await database.pool.write { db in
            try db.execute(
                sql: """
                    UPDATE run SET isTimeoutRequested = 1, errorMessage = ?, lastUpdatedTime = ?
                    WHERE lease = ? AND status IN ('Started', 'Running')
                    """, arguments: [message, now.storedMilliseconds, lease])
            return db.changesCount == 1
        }
    }

    public func lose(
        lease: String, at now: Date, telling: @escaping @Sendable (Run, RunLoss) throws -> LossRecord
    ) async throws -> LostRun? {
        try await database.pool.write { db in try lose(lease, at: now, telling, db) }
    }

    public func loseRuns(
        of agents: String, at now: Date, telling: @escaping @Sendable (Run, RunLoss) throws -> LossRecord
    ) async throws -> [LostRun] {
        try await database.pool.write { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT lease FROM run WHERE agent GLOB ? AND status IN ('Started', 'Running') AND lease IS NOT NULL
                    ORDER BY sequence
                    """, arguments: [agents]
            ).compactMap { try lose($0, at: now, telling, db) }
        }
    }

    private func lose(
        _ lease: String, at now: Date, _ telling: (Run, RunLoss) throws -> LossRecord, _ db: GRDB.Database
    ) throws -> LostRun? {
        guard var machine = try machine(of: lease, db), let loss = machine.lose(lease),
            let run = try fetch("lease = ?", [lease], in: db)
        else { return nil }
        let record = try telling(run, loss)
        db.afterNextTransaction(
            onCommit: { _ in record.afterwards(true) }, onRollback: { _ in record.afterwards(false) })
        try db.execute(
            sql: """
                UPDATE run SET status = ?1, lease = NULL, handOuts = ?2, retriesLeft = ?3, lastUpdatedTime = ?4, waitReason = NULL,
                    queuedTime = iif(?1 = 'Queued', ?4, queuedTime),
                    finishTime = iif(?1 = 'Queued', NULL, ?4), startTime = iif(?1 = 'Queued', NULL, startTime),
                    agent = iif(?1 = 'Queued', NULL, agent), errorMessage = iif(?1 = 'Queued', NULL, ?5),
                    logLossBytes = ?6, logLossReason = ?7
                WHERE lease = ?8 AND status IN ('Started', 'Running')
                """,
            arguments: [
                machine.status.rawValue, machine.handOuts, machine.retriesLeft, now.storedMilliseconds, record.message,
                record.logLoss?.bytes, record.logLoss?.reason, lease,
            ])
        return try fetch("id = ?", [run.id.text], in: db).map {
            LostRun(run: $0, loss: loss, agent: run.agent ?? "", lease: lease)
        }
    }

    public func giveBack(lease: String, at now: Date) async throws -> Run? {
        try await database.pool.write { db in
            guard let run = try fetch("lease = ?", [lease], in: db), var machine = try machine(of: lease, db),
                machine.giveBack(lease)
            else { return nil }
            try db.execute(
                sql: """
                    UPDATE run SET status = ?1, lease = NULL, handOuts = ?2, lastUpdatedTime = ?3,
                        queuedTime = iif(?1 = 'Queued', ?3, queuedTime),
                        finishTime = iif(?1 = 'Queued', NULL, ?3), startTime = iif(?1 = 'Queued', NULL, startTime),
                        agent = iif(?1 = 'Queued', NULL, agent)
                    WHERE lease = ?4 AND status = 'Started'
                    """,
                arguments: [machine.status.rawValue, machine.handOuts, now.storedMilliseconds, lease])
            return try fetch("id = ?", [run.id.text], in: db)
        }
    }

    /// How the run of a lease stands.
    private func machine(of lease: String, _ db: GRDB.Database) throws -> RunMachine? {
        try Row.fetchOne(
            db,
            sql: """
                SELECT status, epoch, lease, isCancelRequested, isTimeoutRequested, handOuts, retriesLeft FROM run WHERE lease = ?
                """, arguments: [lease]
        ).flatMap { row in
            RunStatus(rawValue: row["status"]).map {
                RunMachine(
                    status: $0, epoch: row["epoch"], lease: row["lease"], isCancelRequested: row["isCancelRequested"],
                    isTimeoutRequested: row["isTimeoutRequested"], handOuts: row["handOuts"],
                    retriesLeft: row["retriesLeft"])
            }
        }
    }

    public func endQueued(since start: Date, because message: String, at now: Date) async throws -> [EndedRun] {
        try await database.pool.write { db in
            try Row.fetchAll(
                db,
                sql: """
                    UPDATE run SET status = 'Error', errorMessage = ?, finishTime = ?, lastUpdatedTime = ?
                    WHERE status = 'Queued' AND queuedTime <= ? RETURNING id, agentPool, poolRegistry
                    """,
                arguments: [message, now.storedMilliseconds, now.storedMilliseconds, start.storedMilliseconds]
            ).compactMap(EndedRun.init)
        }
    }
}
