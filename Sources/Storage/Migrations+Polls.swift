import GRDB

extension Migrations {
    /// The repositories that are looked at from time to time, for which triggers, and what each of them has seen.
    static func makePolls(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE repository (
                    address TEXT PRIMARY KEY,
                    nextTime INTEGER NOT NULL
                ) WITHOUT ROWID;
                CREATE INDEX repositoryByTime ON repository (nextTime);
                CREATE TABLE sourceWatch (
                    registry TEXT NOT NULL COLLATE NOCASE,
                    task TEXT NOT NULL COLLATE NOCASE,
                    trigger TEXT NOT NULL COLLATE NOCASE,
                    repository TEXT NOT NULL,
                    changeTime INTEGER NOT NULL,
                    hasLooked INTEGER NOT NULL DEFAULT 0,
                    lastTime INTEGER,
                    problem TEXT,
                    nextTime INTEGER NOT NULL DEFAULT 0,
                    failures INTEGER NOT NULL DEFAULT 0,
                    missTime INTEGER,
                    PRIMARY KEY (registry, task, trigger)
                ) WITHOUT ROWID;
                CREATE INDEX sourceWatchByRepository ON sourceWatch (repository);
                CREATE TABLE seenRef (
                    registry TEXT NOT NULL COLLATE NOCASE,
                    task TEXT NOT NULL COLLATE NOCASE,
                    trigger TEXT NOT NULL COLLATE NOCASE,
                    name TEXT NOT NULL,
                    sha TEXT NOT NULL,
                    PRIMARY KEY (registry, task, trigger, name),
                    FOREIGN KEY (registry, task, trigger) REFERENCES sourceWatch (registry, task, trigger)
                        ON DELETE CASCADE
                ) WITHOUT ROWID;
                """)
    }
}
