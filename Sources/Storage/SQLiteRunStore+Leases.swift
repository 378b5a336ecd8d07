public import struct Foundation.Date
import class Foundation.JSONEncoder
import GRDB
public import TaskModel

extension SQLiteRunStore {
    public func claim(
        pool: PoolID, for agent: String, rivals: ClaimRivals, lease: String,
        logLength: @escaping @Sendable (RunID) -> Int64, at now: Date
    ) async throws -> Run? {
        let others = String(
            decoding: try JSONEncoder().encode(rivals.agents.subtracting([agent]).sorted()), as: UTF8.self)
        let leftSince = now.storedMilliseconds - rivals.patience.components.seconds * 1000
        return try await database.pool.write { db in
            let claimed = try Row.fetchOne(
                db,
                sql: """
                    UPDATE run SET status = 'Started', epoch = epoch + 1, handOuts = handOuts + 1, lease = ?, agent = ?, startTime = ?, lastUpdatedTime = ?,
                        waitReason = NULL
                    WHERE sequence = (
                        SELECT sequence FROM run AS waiting
                        WHERE status = 'Queued' AND agentPool = ? AND poolRegistry = ?
                            AND (createTime <= ? OR affinity IS NULL OR coalesce(
                                (SELECT agent FROM run AS last
                                    WHERE last.registry = waiting.registry AND last.affinity = waiting.affinity
                                        AND last.agent IS NOT NULL AND last.sequence < waiting.sequence
                                    ORDER BY last.sequence DESC LIMIT 1), '')
                                NOT IN (SELECT value FROM json_each(?)))
                            AND (concurrency IS NULL OR concurrency > (
                                SELECT count(*) FROM run AS other
                                WHERE other.registry = waiting.registry AND other.task = waiting.task
                                    AND other.status IN ('Started', 'Running')))
                        ORDER BY priority DESC, sequence LIMIT 1)
                        AND status = 'Queued' AND NOT isCancelRequested
                    RETURNING \(RunRow.columns)
                    """,
                arguments: [
                    lease, agent, now.storedMilliseconds, now.storedMilliseconds, pool.name, pool.registry ?? "",
                    leftSince, others,
                ])
            guard let run = try claimed.map({ try rows.run($0, in: db) }) else { return nil }
            try db.execute(sql: "UPDATE run SET logStart = ? WHERE lease = ?", arguments: [logLength(run.id), lease])
            return run
        }
    }

    public func leased(_ lease: String) async throws -> LeasedRun? {
        try await database.pool.read { db in
            try Row.fetchOne(db, sql: "SELECT \(RunRow.columns) FROM run WHERE lease = ?", arguments: [lease]).map {
                LeasedRun(run: try rows.run($0, in: db), logStart: $0["logStart"])
            }
        }
    }

    public func begin(lease: String, at now: Date) async throws {
        try await update("SET status = 'Running', lastUpdatedTime = ?", [now.storedMilliseconds], lease: lease)
    }

    public func setSource(_ source: SourceRevision, lease: String, at now: Date) async throws {
        try await update(
            "SET sourceCommit = ?, sourceBranch = ?, lastUpdatedTime = ?",
            [source.commit, source.branch, now.storedMilliseconds],
            lease: lease)
    }

    public func setWaitReason(_ reason: String?, lease: String, at now: Date) async throws {
        try await update("SET waitReason = ?, lastUpdatedTime = ?", [reason, now.storedMilliseconds], lease: lease)
    }

    /// Changes a run that the lease holds.
    private func update(_ change: String, _ arguments: StatementArguments, lease: String) async throws {
        try await database.pool.write { db in
            try db.execute(
                sql: "UPDATE run \(change) WHERE lease = ? AND status IN ('Started', 'Running')",
                arguments: arguments + [lease])
            guard db.changesCount == 1 else { throw StorageError.leaseLost }
        }
    }

    public func finish(lease: String, with outcome: RunOutcome, at now: Date) async throws -> Run {
        try await database.pool.write { db in
            try db.execute(
                sql: """
                    UPDATE run SET
                        status = CASE WHEN isCancelRequested THEN 'Canceled' WHEN isTimeoutRequested THEN 'Timeout' ELSE ?1 END,
                        errorMessage = CASE WHEN isCancelRequested THEN iif(?1 = 'Canceled', ?2, NULL)
                            WHEN isTimeoutRequested AND ?1 <> 'Timeout' THEN errorMessage ELSE ?2 END,
                        finishTime = ?3, lastUpdatedTime = ?3, waitReason = NULL,
                        logLossBytes = ?5, logLossReason = ?6
                    WHERE lease = ?4 AND status IN ('Started', 'Running')
                    """,
                arguments: [
                    outcome.status.rawValue, outcome.message, now.storedMilliseconds, lease, outcome.logLoss?.bytes,
                    outcome.logLoss?.reason,
                ])
            if db.changesCount == 1 {
                for (position, image) in outcome.outputImages.enumerated() {
                    try db.execute(
                        sql: """
                            INSERT INTO outputImage (run, position, registry, repository, tag, digest)
                            SELECT sequence, ?, ?, ?, ?, ? FROM run WHERE lease = ?
                            """,
                        arguments: [position, image.registry, image.repository, image.tag, image.digest, lease])
                }
                try insert(outcome.baseImages, lease: lease, db)
            }
            guard let run = try fetch("lease = ?", [lease], in: db), run.status.isTerminal else {
                throw StorageError.leaseLost
            }
            return run
        }
    }
}
