import GRDB

extension Migrations {
    /// Secrets that task files and logins name by the URL of a vault, a row for each version; the newest has the highest sequence. Values
    /// are sealed.
    static func makeVaultSecrets(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE vaultSecret (
                    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                    registry TEXT NOT NULL COLLATE NOCASE,
                    vault TEXT NOT NULL COLLATE NOCASE,
                    name TEXT NOT NULL COLLATE NOCASE,
                    version TEXT NOT NULL COLLATE NOCASE,
                    value TEXT NOT NULL,
                    createTime INTEGER NOT NULL,
                    createdBy TEXT NOT NULL,
                    UNIQUE (registry, vault, name, version)
                );
                """)
    }
}

extension Migrations {
    /// What became of the steps of a run. They end with it, whoever ends it, and go when it waits again: then it begins anew.
    static func makeRunSteps(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE runStep (
                    run INTEGER NOT NULL REFERENCES run (sequence) ON DELETE CASCADE,
                    position INTEGER NOT NULL,
                    id TEXT NOT NULL,
                    kind TEXT NOT NULL,
                    dependencies TEXT NOT NULL,
                    status TEXT NOT NULL,
                    launches INTEGER NOT NULL,
                    exitCode INTEGER,
                    message TEXT,
                    startTime INTEGER,
                    finishTime INTEGER,
                    PRIMARY KEY (run, position),
                    UNIQUE (run, id)
                ) WITHOUT ROWID;
                CREATE TRIGGER stepsEndWithTheirRun AFTER UPDATE OF status ON run
                WHEN NEW.status IN ('Succeeded', 'Failed', 'Canceled', 'Error', 'Timeout')
                BEGIN
                    UPDATE runStep SET status = 'interrupted', finishTime = NEW.finishTime
                        WHERE run = NEW.sequence AND status = 'running';
                    UPDATE runStep SET status = 'skipped' WHERE run = NEW.sequence AND status = 'waiting';
                END;
                CREATE TRIGGER stepsGoWhenTheirRunWaitsAgain AFTER UPDATE OF status ON run WHEN NEW.status = 'Queued'
                BEGIN DELETE FROM runStep WHERE run = NEW.sequence; END;
                """)
    }
}
