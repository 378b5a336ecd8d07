public import struct Foundation.Date
import GRDB
public import TaskModel

extension SQLiteRunStore {
    private static let queuedColumns = "id, registry, task, agentPool, poolRegistry, concurrency, createTime"

    public func queuedRuns() async throws -> [QueuedRun] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT \(Self.queuedColumns),
                        row_number() OVER (PARTITION BY agentPool, poolRegistry ORDER BY priority DESC, sequence) - 1 AS place
                    FROM run WHERE status = 'Queued' ORDER BY sequence
                    """
            ).compactMap(queuedRun)
        }
    }

    public func queuedRun(_ id: RunID) async throws -> QueuedRun? {
        try await database.pool.read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT \(Self.queuedColumns), (
                        SELECT count(*) FROM run AS other WHERE other.status = 'Queued' AND other.agentPool = run.agentPool
                            AND other.poolRegistry = run.poolRegistry
                            AND (other.priority > run.priority OR other.priority = run.priority AND other.sequence < run.sequence)
                        ) AS place
                    FROM run WHERE id = ? AND status = 'Queued'
                    """, arguments: [id.text]
            ).flatMap(queuedRun)
        }
    }

    private func queuedRun(_ row: Row) -> QueuedRun? {
        RunID(row["id"] as String).map {
            QueuedRun(
                id: $0, pool: PoolID(row),
                position: row["place"], registry: row["registry"], task: row["task"], concurrency: row["concurrency"],
                createTime: Date(storedMilliseconds: row["createTime"]))
        }
    }

    public func runsUnderWay(of task: String, in registry: String) async throws -> [RunID] {
        try await database.pool.read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT id FROM run WHERE registry = ? AND task = ? AND status IN ('Started', 'Running') ORDER BY sequence
                    """, arguments: [registry, task]
            ).compactMap { RunID($0) }
        }
    }

    public func poolsWaiting(of task: String, in registry: String) async throws -> Set<PoolID> {
        try await database.pool.read { db in
            try Set(
                Row.fetchAll(
                    db,
                    sql: """
                        SELECT DISTINCT agentPool, poolRegistry FROM run
                        WHERE registry = ? AND task = ? AND status = 'Queued' AND concurrency IS NOT NULL
                        """, arguments: [registry, task]
                ).map(PoolID.init))
        }
    }

    public func whileQueued(_ ids: [RunID], _ work: @escaping @Sendable (RunID) throws -> Void) async throws {
        try await database.pool.write { db in
            let queued = try db.makeStatement(sql: "SELECT 1 FROM run WHERE id = ? AND status = 'Queued'")
            for id in ids where try Int.fetchOne(queued, arguments: [id.text]) != nil { try work(id) }
        }
    }

    /// Cancels those that wait of the same task and branch and are older than this run. Runs of strangers cancel those of
    /// strangers alone, and no other run cancels them.
    ///
    /// - Returns: those it has canceled.
    func supersede(_ run: NewRun, by id: RunID, sequence: Int64, at now: Date, _ db: GRDB.Database) throws -> [EndedRun]
    {
        guard run.request.common.queue.supersedes, let task = run.task else { return [] }
        return try Row.fetchAll(
            db,
            sql: """
                UPDATE run SET status = 'Canceled', isCancelRequested = 1, errorMessage = ?, canceledBy = ?, finishTime = ?,
                    lastUpdatedTime = ?
                WHERE registry = ? AND task = ? AND branch = ? AND isRestricted = ? AND status = 'Queued' AND sequence < ?
                RETURNING id, agentPool, poolRegistry
                """,
            arguments: [
                "superseded by run \(id)", run.submittedBy, now.storedMilliseconds, now.storedMilliseconds,
                run.registry, task, run.branch ?? "", run.cause?.isRestricted ?? false, sequence,
            ]
        ).compactMap(EndedRun.init)
    }
}
