import GRDB

/// The schema, step by step. Steps are numbered and never edited once released; times are milliseconds since 1970, UTC.
enum Migrations {
    static let latest = all.migrations.last

    static let all: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1-runs", migrate: makeRuns)
        migrator.registerMigration("2-principals", migrate: makePrincipals)
        return migrator
    }()

    private static func makeRuns(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE run (
                    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                    id TEXT NOT NULL UNIQUE,
                    registry TEXT NOT NULL COLLATE NOCASE,
                    status TEXT NOT NULL,
                    type TEXT NOT NULL,
                    task TEXT COLLATE NOCASE,
                    agentPool TEXT NOT NULL COLLATE NOCASE,
                    submittedBy TEXT NOT NULL,
                    request TEXT NOT NULL,
                    createTime INTEGER NOT NULL,
                    startTime INTEGER,
                    finishTime INTEGER,
                    lastUpdatedTime INTEGER NOT NULL,
                    isCancelRequested INTEGER NOT NULL DEFAULT 0,
                    isArchiveEnabled INTEGER NOT NULL DEFAULT 0,
                    errorMessage TEXT,
                    waitReason TEXT,
                    sourceCommit TEXT,
                    sourceBranch TEXT,
                    epoch INTEGER NOT NULL DEFAULT 0,
                    lease TEXT UNIQUE,
                    agent TEXT,
                    logStart INTEGER NOT NULL DEFAULT 0,
                    upload TEXT
                );
                CREATE INDEX runByRegistry ON run (registry, sequence);
                CREATE INDEX runByStatus ON run (status, agentPool, sequence);
                CREATE INDEX runByTask ON run (task, sequence);
                CREATE INDEX runByPool ON run (agentPool, sequence);
                CREATE TABLE outputImage (
                    run INTEGER NOT NULL REFERENCES run (sequence) ON DELETE CASCADE,
                    position INTEGER NOT NULL,
                    registry TEXT NOT NULL,
                    repository TEXT NOT NULL,
                    tag TEXT,
                    digest TEXT NOT NULL,
                    PRIMARY KEY (run, position)
                ) WITHOUT ROWID;
                CREATE INDEX outputImageByDigest ON outputImage (digest, run);
                CREATE INDEX outputImageByRepository ON outputImage (repository, tag, run);
                CREATE TRIGGER runMovesOnlyForward BEFORE UPDATE OF status ON run
                WHEN NOT (
                    OLD.status = NEW.status
                    OR OLD.status = 'Queued' AND NEW.status IN ('Started', 'Canceled', 'Error')
                    OR OLD.status = 'Started' AND NEW.status IN
                        ('Running', 'Queued', 'Succeeded', 'Failed', 'Canceled', 'Error', 'Timeout')
                    OR OLD.status = 'Running' AND NEW.status IN ('Queued', 'Succeeded', 'Failed', 'Canceled', 'Error', 'Timeout')
                )
                BEGIN SELECT RAISE(ABORT, 'a run can''t move that way'); END;
                """)
    }

    private static func makePrincipals(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE principal (
                    id TEXT PRIMARY KEY COLLATE NOCASE,
                    displayName TEXT NOT NULL,
                    secretHash TEXT NOT NULL,
                    role TEXT NOT NULL,
                    createTime INTEGER NOT NULL
                ) WITHOUT ROWID;
                """)
    }
}
