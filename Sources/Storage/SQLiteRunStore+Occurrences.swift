public import Foundation
import GRDB
public import TaskModel

/// What became of an event that concerned a task.
public struct Occurrence: Sendable, Hashable {
    public let key: String
    public let time: Date
    /// Nil if it made none.
    public let run: RunID?
    /// Why not, for people.
    public let note: String?
}

extension SQLiteRunStore {
    /// The run that was made of the same before.
    ///
    /// - Throws: ``StorageError/runRemoved(_:)``
    func knownRun(of run: NewRun, _ db: GRDB.Database) throws -> Run? {
        guard let cause = run.cause, let task = run.task else { return nil }
        let id = try String.fetchOne(
            db, sql: "SELECT run FROM occurrence WHERE registry = ? AND task = ? AND key = ? AND run IS NOT NULL",
            arguments: [run.registry, task, cause.occurrence]
        ).flatMap { RunID($0) }
        guard let id else { return nil }
        guard let known = try fetch("id = ?", [id.text], in: db) else { throw StorageError.runRemoved(id) }
        return known
    }

    /// What was told at a time that is still to come, by a clock that was ahead, overtakes nothing.
    ///
    /// - Throws: ``StorageError/overtaken(by:)``
    func checkPlace(of run: NewRun, at now: Date, _ db: GRDB.Database) throws {
        guard let place = run.cause?.place, let task = run.task else { return }
        let later = try String.fetchOne(
            db,
            sql: """
                SELECT run FROM occurrence WHERE registry = ? AND task = ? AND place = ? AND toldTime > ?
                    AND toldTime <= ? AND run IS NOT NULL LIMIT 1
                """,
            arguments: [
                run.registry, task, place.name, place.time.storedMilliseconds, now.storedMilliseconds,
            ])
        if let later = later.flatMap({ RunID($0) }) { throw StorageError.overtaken(by: later) }
    }

    /// In the transaction that accepts the run.
    func note(_ run: NewRun, as id: RunID, at now: Date, _ db: GRDB.Database) throws {
        guard let cause = run.cause, let task = run.task else { return }
        try db.execute(
            sql: """
                INSERT INTO occurrence (registry, task, key, time, place, toldTime, run) VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (registry, task, key) DO UPDATE SET time = excluded.time, place = excluded.place,
                    toldTime = excluded.toldTime, run = excluded.run, note = NULL
                """,
            arguments: [
                run.registry, task, cause.occurrence, now.storedMilliseconds, cause.place?.name,
                cause.place?.time.storedMilliseconds, id.text,
            ])
    }

    /// Records that an event made no run of a task. One that has made a run stays as it is.
    ///
    /// - Parameter note: why, for people.
    public func skip(_ occurrence: String, of task: String, in registry: String, because note: String, at now: Date)
        async throws
    {
        try await database.pool.write { db in
            try db.execute(
                sql: """
                    INSERT INTO occurrence (registry, task, key, time, note) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (registry, task, key) DO NOTHING
                    """, arguments: [registry, task, occurrence, now.storedMilliseconds, note])
        }
    }

    /// The last ones of a task whose key begins with a text, newest first.
    public func occurrences(of task: String, in registry: String, keyed prefix: String, limit: Int) async throws
        -> [Occurrence]
    {
        try await database.pool.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT key, time, run, note FROM occurrence
                    WHERE registry = ? AND task = ? AND substr(key, 1, length(?)) = ? ORDER BY sequence DESC LIMIT ?
                    """, arguments: [registry, task, prefix, prefix, limit]
            ).map {
                Occurrence(
                    key: $0["key"], time: Date(storedMilliseconds: $0["time"]),
                    run: ($0["run"] as String?).flatMap { RunID($0) }, note: $0["note"])
            }
        }
    }

    /// Forgets what happened before a time, but the last occurrence of each timer.
    public func removeOccurrences(before time: Date) async throws {
        try await database.pool.write { db in
            try db.execute(
                sql: """
                    DELETE FROM occurrence WHERE time < ? AND sequence NOT IN (
                        SELECT max(sequence) FROM occurrence WHERE key LIKE 'timer %'
                        GROUP BY registry, task, substr(key, 1, length(key) - length('2026-01-31T09:30:00Z')))
                    """, arguments: [time.storedMilliseconds])
        }
    }
}
