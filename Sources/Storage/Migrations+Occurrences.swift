import GRDB

extension Migrations {
    /// What triggers have made of events, so that none makes two runs; and how runs moved, for those who follow that up.
    static func makeOccurrences(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE run ADD COLUMN trigger TEXT;
                ALTER TABLE run ADD COLUMN isRestricted INTEGER NOT NULL DEFAULT 0;
                CREATE TABLE occurrence (
                    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                    registry TEXT NOT NULL COLLATE NOCASE,
                    task TEXT NOT NULL COLLATE NOCASE,
                    key TEXT NOT NULL,
                    time INTEGER NOT NULL,
                    run TEXT,
                    note TEXT,
                    UNIQUE (registry, task, key)
                );
                CREATE INDEX occurrenceByTime ON occurrence (time);
                CREATE TABLE runChange (
                    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                    run INTEGER NOT NULL,
                    status TEXT NOT NULL,
                    time INTEGER NOT NULL
                );
                CREATE TABLE runChangeReader (name TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID;
                CREATE TRIGGER runCame AFTER INSERT ON run
                BEGIN
                    INSERT INTO runChange (run, status, time) VALUES (NEW.sequence, NEW.status, NEW.lastUpdatedTime);
                END;
                CREATE TRIGGER runMoved AFTER UPDATE OF status ON run WHEN OLD.status <> NEW.status
                BEGIN
                    INSERT INTO runChange (run, status, time) VALUES (NEW.sequence, NEW.status, NEW.lastUpdatedTime);
                END;
                """)
    }
}
