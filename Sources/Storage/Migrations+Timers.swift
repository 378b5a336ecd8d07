import GRDB

extension Migrations {
    /// When timers of tasks are due next. Those of tasks that were written before are added when the server starts.
    static func makeTimers(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE timer (
                    registry TEXT NOT NULL COLLATE NOCASE,
                    task TEXT NOT NULL COLLATE NOCASE,
                    name TEXT NOT NULL COLLATE NOCASE,
                    schedule TEXT NOT NULL,
                    timeZone TEXT,
                    nextTime INTEGER,
                    PRIMARY KEY (registry, task, name)
                ) WITHOUT ROWID;
                CREATE INDEX timerByTime ON timer (nextTime) WHERE nextTime IS NOT NULL;
                """)
    }
}
