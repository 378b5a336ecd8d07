public import Foundation
import GRDB
public import TaskModel

/// Runs in SQLite.
public struct SQLiteRunStore: RunStore {
    let database: Database
    let box: SecretBox
    let reserve: DiskReserve?

    /// - Parameter reserve: what must stay free on the disk; below it no run is accepted.
    public init(database: Database, box: SecretBox, reserve: DiskReserve? = nil) {
        self.database = database
        self.box = box
        self.reserve = reserve
    }

    var rows: RunRow { RunRow(box: box) }

    public func accept(_ run: NewRun, maxQueued: Int, at now: Date) async throws -> AcceptedRun {
        try reserve?.check()
        let queue = run.request.common.queue
        let request = String(
            decoding: try JSONEncoder().encode(try RequestDocument(run.request, box: box)), as: UTF8.self)
        let trigger = try run.cause.map { String(decoding: try JSONEncoder().encode($0.trigger), as: UTF8.self) }
        return try await database.pool.write { db in
            if let taskRun = run.taskRun,
                let known = try TaskRunStore.fetch(taskRun.name, in: run.registry, box: box, db),
                known.taskRun.asksForTheSame(as: taskRun), let stored = try fetch("id = ?", [known.run.text], in: db)
            {
                return AcceptedRun(run: stored, superseded: [], isNew: false)
            }
            if let known = try knownRun(of: run, db) {
                return AcceptedRun(run: known, superseded: [], isNew: false)
            }
            try checkPlace(of: run, at: now, db)
            let waiting = try Int.fetchOne(db, sql: "SELECT count(*) FROM run WHERE status = 'Queued'") ?? 0
            guard waiting < maxQueued else { throw StorageError.queueFull(limit: maxQueued) }
            // The id is made of the sequence number, so the row is written under a passing one first.
            try db.execute(
                sql: """
                    INSERT INTO run
                        (id, registry, status, type, task, agentPool, poolRegistry, submittedBy, request, createTime, queuedTime, lastUpdatedTime,
                        upload, affinity, priority, retriesLeft, concurrency, branch, trigger, isRestricted, sourceCommit, sourceBranch)
                    VALUES (lower(hex(randomblob(16))), ?, 'Queued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    run.registry, run.type.rawValue, run.task, run.agentPool, run.poolRegistry ?? "", run.submittedBy,
                    request,
                    now.storedMilliseconds,
                    now.storedMilliseconds,
                    now.storedMilliseconds, run.upload, run.affinity, queue.priority, queue.retryOnAgentLoss,
                    run.task == nil ? nil : queue.concurrency, run.task == nil ? nil : run.branch ?? "", trigger,
                    run.cause?.isRestricted ?? false, run.cause?.source?.commit,
                    run.cause?.source?.branch,
                ])
            let sequence = db.lastInsertedRowID
            try db.execute(
                sql: "UPDATE run SET id = ? WHERE sequence = ?", arguments: [RunID(sequence: sequence).text, sequence])
            guard let stored = try fetch("sequence = ?", [sequence], in: db) else {
                throw StorageError.io(action: "store a run", reason: "its row is gone")
            }
            if let taskRun = run.taskRun { try TaskRunStore.put(taskRun, run: stored.id, box: box, at: now, db) }
            try note(run, as: stored.id, at: now, db)
            let superseded = try supersede(run, by: stored.id, sequence: sequence, at: now, db)
            return AcceptedRun(run: stored, superseded: superseded)
        }
    }

    public func find(_ id: RunID) async throws -> Run? {
        try await database.pool.read { db in try fetch("id = ?", [id.text], in: db) }
    }

    public func list(registry: String, _ filter: RunFilter, before: RunID?, limit: Int) async throws -> [Run] {
        let query = Self.listQuery(registry: registry, filter, before: before, limit: limit)
        return try await database.pool.read { db in
            try Row.fetchAll(db, sql: query.sql, arguments: query.arguments).map { try rows.run($0, in: db) }
        }
    }

    static func listQuery(registry: String, _ filter: RunFilter, before: RunID?, limit: Int) -> (
        sql: String, arguments: StatementArguments
    ) {
        let condition = RunCondition(registry: registry, filter)
        var sql = "SELECT \(RunRow.columns) FROM run WHERE \(condition.sql)"
        var arguments = condition.arguments
        if let before {
            // Its run may have been removed since.
            sql += " AND sequence < ?"
            arguments += [before.sequence]
        }
        sql += " ORDER BY sequence DESC LIMIT ?"
        arguments += [max(1, limit)]
        return (sql, arguments)
    }

    public func setArchived(_ isArchived: Bool, _ id: RunID, registry: String, at now: Date) async throws -> Run? {
        try await database.pool.write { db in
            try db.execute(
                sql: "UPDATE run SET isArchiveEnabled = ?, lastUpdatedTime = ? WHERE id = ? AND registry = ?",
                arguments: [isArchived, now.storedMilliseconds, id.text, registry])
            return try fetch("id = ? AND registry = ?", [id.text, registry], in: db)
        }
    }

    public func load(of pool: PoolID) async throws -> PoolLoad {
        try await database.pool.read { db in
            func count(_ status: String) throws -> Int {
                try Int.fetchOne(
                    db, sql: "SELECT count(*) FROM run WHERE status = ? AND agentPool = ? AND poolRegistry = ?",
                    arguments: [status, pool.name, pool.registry ?? ""]) ?? 0
            }
            return PoolLoad(queued: try count("Queued"), underWay: try count("Started") + count("Running"))
        }
    }

    public func usedUploads(since: Date) async throws -> Set<String> {
        try await database.pool.read { db in
            try String.fetchSet(
                db, sql: "SELECT upload FROM run WHERE upload IS NOT NULL AND (finishTime IS NULL OR finishTime > ?)",
                arguments: [since.storedMilliseconds])
        }
    }

    func fetch(_ condition: String, _ arguments: StatementArguments, in db: GRDB.Database) throws -> Run? {
        try Row.fetchOne(db, sql: "SELECT \(RunRow.columns) FROM run WHERE \(condition)", arguments: arguments)
            .map { try rows.run($0, in: db) }
    }
}
