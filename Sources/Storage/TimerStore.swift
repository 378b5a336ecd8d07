public import Foundation
import GRDB
public import TaskModel

/// When timers are due next.
public struct TimerStore: Sendable {
    /// A timer that is enabled, of a task that is.
    public struct Timer: Sendable, Hashable {
        public let registry: String
        public let task: String
        public let name: String
        public let schedule: String
        /// The name of a zone; nil for UTC.
        public let timeZone: String?
        /// Nil before anybody has reckoned it.
        public let nextTime: Date?
    }

    let database: Database

    public init(database: Database) {
        self.database = database
    }

    /// Those whose next time has come, or is not known yet; the longest due first.
    public func due(at now: Date, limit: Int) async throws -> [Timer] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM timer WHERE nextTime IS NULL OR nextTime <= ? ORDER BY nextTime LIMIT ?
                    """, arguments: [now.storedMilliseconds, limit]
            ).map(Self.timer)
        }
    }

    /// An element after timers changed.
    public func signals() -> AsyncStream<Void> { database.changes(of: "timer") }

    /// The earliest time that is known; nil if there is none.
    public func nextTime() async throws -> Date? {
        try await database.pool.read { db in
            try Int64.fetchOne(db, sql: "SELECT min(nextTime) FROM timer WHERE nextTime IS NOT NULL")
                .map(Date.init(storedMilliseconds:))
        }
    }

    /// By name.
    public func timers(of task: String, in registry: String) async throws -> [Timer] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM timer WHERE registry = ? AND task = ? ORDER BY name",
                arguments: [registry, task]
            ).map(Self.timer)
        }
    }

    /// Says when timers are due next; of one that was changed meanwhile nothing is said.
    ///
    /// - Parameter times: by timer as it was read; nil for never again.
    public func setNextTimes(_ times: [(timer: Timer, next: Date?)]) async throws {
        try await database.pool.write { db in
            for (timer, next) in times {
                try db.execute(
                    sql: """
                        UPDATE timer SET nextTime = ?
                        WHERE registry = ? AND task = ? AND name = ? AND schedule = ? AND timeZone IS ? AND nextTime IS ?
                        """,
                    arguments: [
                        next?.storedMilliseconds ?? Int64.max, timer.registry, timer.task, timer.name, timer.schedule,
                        timer.timeZone, timer.nextTime?.storedMilliseconds,
                    ])
            }
        }
    }

    /// Those that are due later.
    public func due(after now: Date) async throws -> [Timer] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM timer WHERE nextTime > ? AND nextTime < ?",
                arguments: [now.storedMilliseconds, Int64.max]
            ).map(Self.timer)
        }
    }

    private static func timer(_ row: Row) -> Timer {
        Timer(
            registry: row["registry"], task: row["task"], name: row["name"], schedule: row["schedule"],
            timeZone: row["timeZone"], nextTime: (row["nextTime"] as Int64?).map(Date.init(storedMilliseconds:)))
    }

    // MARK: The index of tasks

    /// A timer that is as it was keeps its next time.
    static func put(_ task: TaskDefinition, in registry: String, _ db: GRDB.Database) throws {
        let timers = task.isEnabled ? task.triggers.timers.filter(\.isEnabled) : []
        let names = timers.map { $0.name.lowercased() }
        for known in try String.fetchAll(
            db, sql: "SELECT name FROM timer WHERE registry = ? AND task = ?", arguments: [registry, task.name])
        where !names.contains(known.lowercased()) {
            try db.execute(
                sql: "DELETE FROM timer WHERE registry = ? AND task = ? AND name = ?",
                arguments: [registry, task.name, known])
        }
        for timer in timers {
            try db.execute(
                sql: """
                    INSERT INTO timer (registry, task, name, schedule, timeZone) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (registry, task, name) DO UPDATE SET
                        nextTime = iif(schedule = excluded.schedule AND timeZone IS excluded.timeZone, nextTime, NULL),
                        schedule = excluded.schedule, timeZone = excluded.timeZone
                    """, arguments: [registry, task.name, timer.name, timer.schedule, timer.timeZone])
        }
    }

    static func remove(_ task: String, of registry: String, _ db: GRDB.Database) throws {
        try db.execute(sql: "DELETE FROM timer WHERE registry = ? AND task = ?", arguments: [registry, task])
    }
}
