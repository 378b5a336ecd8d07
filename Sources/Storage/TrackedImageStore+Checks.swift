public import Foundation
import GRDB
public import TaskModel

/// Asking registries what tags stand for.
extension TrackedImageStore {
    /// An element at once, and one after images were said to have changed, or other ones are tracked.
    public func signals() -> AsyncStream<Void> {
        database.changes(of: "imageCheck")
    }

    /// What is to be asked for now, the longest due first.
    ///
    /// - Parameters:
    ///   - isUrgent: whether it is what somebody said to have changed, or all the rest.
    ///   - hosts: registries that are left out.
    public func dueChecks(at now: Date, isUrgent: Bool, butOf hosts: Set<String> = [], limit: Int) async throws
        -> [ImageCheck]
    {
        let left = String(decoding: try JSONEncoder().encode(hosts.sorted()), as: UTF8.self)
        return try await database.pool.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM imageCheck WHERE nextTime <= ? AND (urgentTime IS NOT NULL) = ?
                        AND substr(image, 1, instr(image, '/') - 1) NOT IN (SELECT value FROM json_each(?))
                    ORDER BY nextTime LIMIT ?
                    """, arguments: [now.storedMilliseconds, isUrgent, left, limit]
            ).compactMap { row in
                // An odd name is one that nobody wrote.
                (try? ImageReference(row["image"] as String)).map { image in
                    ImageCheck(
                        image: image, login: row["login"], failures: row["failures"],
                        isUrgent: row["urgentTime"] != nil)
                }
            }
        }
    }

    /// Has images asked for at once: somebody said that they changed.
    ///
    /// - Returns: how many of them are tracked.
    @discardableResult
    public func makeDue(_ images: [ImageReference], at now: Date) async throws -> Int {
        try await database.pool.write { db in try Self.makeDue(images, at: now, db) }
    }

    @discardableResult
    static func makeDue(_ images: [ImageReference], at now: Date, _ db: GRDB.Database) throws -> Int {
        var count = 0
        for image in Set(images) {
            try db.execute(
                sql: "UPDATE imageCheck SET nextTime = ?, urgentTime = ? WHERE image = ?",
                arguments: [now.storedMilliseconds, now.storedMilliseconds, image.description])
            if db.changesCount > 0 { count += 1 }
        }
        return count
    }

    /// Puts checks off that registries can't be bothered with yet, each to a time of its own. Nobody waits for them any longer, unless
    /// something was said after they were looked for.
    public func postpone(_ checks: [(check: ImageCheck, until: Date)], asked: Date) async throws {
        guard !checks.isEmpty else { return }
        try await database.pool.write { db in
            for (check, next) in checks {
                try db.execute(
                    sql: """
                        UPDATE imageCheck SET nextTime = ?, urgentTime = NULL
                        WHERE image = ? AND login = ? AND coalesce(urgentTime, 0) <= ?
                        """,
                    arguments: [
                        next.storedMilliseconds, check.image.description, check.login, asked.storedMilliseconds,
                    ])
            }
        }
    }

    /// Brings checks forward that are further away than that, each to a time of its own: once they were to be rarer, or the clock was ahead.
    /// What was said to have changed at a time that is still to come is said now.
    public func bringForward(within duration: Duration, at now: Date) async throws {
        let most = max(1, duration.components.seconds * 1000)
        let now = now.storedMilliseconds
        try await database.pool.write { db in
            try db.execute(
                sql: "UPDATE imageCheck SET nextTime = ? + abs(random() % ?) WHERE nextTime > ?",
                arguments: [now, most, now + most])
            try db.execute(
                sql: "UPDATE imageCheck SET nextTime = ?, urgentTime = ? WHERE urgentTime > ?",
                arguments: [now, now, now])
        }
    }

    /// Records that the registry did not tell.
    ///
    /// - Parameters:
    ///   - problem: for people.
    ///   - asked: when it was asked. What was said after that has it asked again in a second.
    ///   - next: when it is asked again.
    public func fail(_ check: ImageCheck, because problem: String, asked: Date, next: Date, at now: Date) async throws {
        try await database.pool.write { db in
            try db.execute(
                sql: """
                    UPDATE imageCheck SET lastTime = ?, failures = failures + 1, problem = ?,
                        nextTime = iif(urgentTime > ?, ?, ?), urgentTime = iif(urgentTime > ?, min(urgentTime, ?), NULL)
                    WHERE image = ? AND login = ?
                    """,
                arguments: [
                    now.storedMilliseconds, problem, asked.storedMilliseconds, Self.soon(after: now),
                    next.storedMilliseconds, asked.storedMilliseconds, Self.soon(after: now),
                    check.image.description, check.login,
                ])
        }
    }

    /// Records what the registry has, and in the same transaction that each task which stands on something else has a change to follow: once
    /// for each digest.
    ///
    /// - Parameters:
    ///   - asked: when the registry was asked. What was said, and what runs stood on, after that is newer than the answer.
    ///   - next: when it is asked again.
    /// - Returns: the tasks that have a change to follow by it.
    @discardableResult
    public func settle(_ check: ImageCheck, on digest: String, asked: Date, next: Date, at now: Date) async throws
        -> [TaskKey]
    {
        let name = check.image.description
        return try await database.pool.write { db in
            try db.execute(
                sql: """
                    UPDATE imageCheck SET digest = ?, lastTime = ?, failures = 0, problem = NULL,
                        nextTime = iif(urgentTime > ?, min(urgentTime, ?), ?),
                        urgentTime = iif(urgentTime > ?, min(urgentTime, ?), NULL)
                    WHERE image = ? AND login = ?
                    """,
                arguments: [
                    digest, now.storedMilliseconds, asked.storedMilliseconds, Self.soon(after: now),
                    next.storedMilliseconds, asked.storedMilliseconds, Self.soon(after: now), name, check.login,
                ])
            var changed: [TaskKey] = []
            for row in try Row.fetchAll(
                db, sql: "SELECT * FROM trackedImage WHERE image = ? AND login = ?", arguments: [name, check.login])
            {
                let task = TaskKey(registry: row["registry"], task: row["task"])
                if row["digestTime"] as Int64 > asked.storedMilliseconds {
                    // A clock that was put back may never come there: the next answer counts.
                    try db.execute(
                        sql: """
                            UPDATE trackedImage SET digestTime = min(digestTime, ?)
                            WHERE registry = ? AND task = ? AND image = ?
                            """, arguments: [now.storedMilliseconds, task.registry, task.task, name])
                    try Self.makeDue([check.image], at: Date(storedMilliseconds: Self.soon(after: now)), db)
                } else if try Self.compare(row, of: task, image: name, with: digest, at: now, db) {
                    changed.append(task)
                }
            }
            return changed
        }
    }

    /// The earliest time at which what was just asked is asked again, in milliseconds.
    private static func soon(after now: Date) -> Int64 { now.storedMilliseconds + 1000 }

    /// - Returns: whether the task has a change to follow by it.
    private static func compare(
        _ row: Row, of task: TaskKey, image: String, with digest: String, at now: Date, _ db: GRDB.Database
    ) throws -> Bool {
        let standsOn: String? = row["digest"]
        let followed: String? = row["followedDigest"]
        func set(_ column: String, _ value: String?) throws {
            try db.execute(
                sql: "UPDATE trackedImage SET \(column) = ? WHERE registry = ? AND task = ? AND image = ?",
                arguments: [value, task.registry, task.task, image])
        }
        guard let standsOn else {
            try set("digest", digest)
            return false
        }
        guard standsOn != digest else {
            // Back to what the task stands on.
            try set("followedDigest", nil)
            try db.execute(
                sql: "DELETE FROM imageChange WHERE registry = ? AND task = ? AND image = ? AND batch IS NULL",
                arguments: [task.registry, task.task, image])
            return false
        }
        guard followed != digest else { return false }
        try set("followedDigest", digest)
        try db.execute(
            sql: """
                INSERT INTO imageChange (registry, task, image, digest, time) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (registry, task, image) WHERE batch IS NULL DO UPDATE SET digest = excluded.digest
                """, arguments: [task.registry, task.task, image, digest, now.storedMilliseconds])
        return true
    }
}
