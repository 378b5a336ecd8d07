import GRDB

/// The schema, step by step. Steps are numbered and never edited once released; times are milliseconds since 1970, UTC.
enum Migrations {
    static let latest = all.migrations.last

    static let all: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1-runs", migrate: makeRuns)
        migrator.registerMigration("2-principals", migrate: makePrincipals)
        migrator.registerMigration("3-roles", migrate: makeRoles)
        migrator.registerMigration("4-request-kinds", migrate: makeRequestKinds)
        migrator.registerMigration("5-secrets", migrate: makeSecrets)
        migrator.registerMigration("6-run-lists", migrate: makeRunLists)
        migrator.registerMigration("7-agent-pools", migrate: makeAgentPools)
        migrator.registerMigration("8-task-runs", migrate: makeTaskRuns)
        migrator.registerMigration("9-tasks", migrate: makeTasks)
        migrator.registerMigration("10-admin-users", migrate: makeAdminUsers)
        migrator.registerMigration("11-vault-secrets", migrate: makeVaultSecrets)
        migrator.registerMigration("12-run-steps", migrate: makeRunSteps)
        migrator.registerMigration("13-build-records", migrate: makeBuildRecords)
        migrator.registerMigration("14-run-affinity", migrate: makeRunAffinity)
        migrator.registerMigration("15-secrets-of-builds", migrate: endBuildSecrets)
        migrator.registerMigration("16-agents", migrate: makeAgents)
        migrator.registerMigration("17-leases", migrate: makeLeases)
        migrator.registerMigration("18-cancels", migrate: makeCancels)
        migrator.registerMigration("19-retention", migrate: makeRetention)
        migrator.registerMigration("20-waits", migrate: makeWaits)
        migrator.registerMigration("21-occurrences", migrate: makeOccurrences)
        migrator.registerMigration("22-timers", migrate: makeTimers)
        migrator.registerMigration("23-hooks", migrate: makeHooks)
        migrator.registerMigration("24-deliveries", migrate: makeDeliveries)
        migrator.registerMigration("25-polls", migrate: makePolls)
        migrator.registerMigration("26-tracked-images", migrate: makeTrackedImages)
        migrator.registerMigration("27-image-changes", migrate: makeImageChanges)
        migrator.registerMigration("28-notifications", migrate: makeNotifications)
        migrator.registerMigration("29-hook-removals", migrate: makeHookRemovals)
        migrator.registerMigration("30-places", migrate: makePlaces)
        migrator.registerMigration("31-change-places", migrate: makeChangePlaces)
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

    /// A principal had one role everywhere; now it has any number, in one registry or (empty) in all.
    private static func makeRoles(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE roleAssignment (
                    principal TEXT NOT NULL COLLATE NOCASE REFERENCES principal (id) ON DELETE CASCADE,
                    role TEXT NOT NULL,
                    registry TEXT NOT NULL COLLATE NOCASE,
                    PRIMARY KEY (principal, role, registry)
                ) WITHOUT ROWID;
                INSERT INTO roleAssignment (principal, role, registry) SELECT id, role, '' FROM principal;
                ALTER TABLE principal DROP COLUMN role;
                """)
    }

    /// There were only builds, and their fields stood at the top.
    private static func makeRequestKinds(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                UPDATE run SET request = json_object('build', json_set(json(request), '$.common', json_object(
                    'sourceLocation', json_extract(request, '$.sourceLocation'),
                    'appliesIgnoreFile',
                        json(iif(coalesce(json_extract(request, '$.appliesIgnoreFile'), 1), 'true', 'false')),
                    'includeGit', json(iif(coalesce(json_extract(request, '$.includeGit'), 0), 'true', 'false')),
                    'os', json_extract(request, '$.os'),
                    'architecture', json_extract(request, '$.architecture'),
                    'variant', json_extract(request, '$.variant'),
                    'timeoutSeconds', json_extract(request, '$.timeoutSeconds'),
                    'logTemplate', json_extract(request, '$.logTemplate'),
                    'loginMode', json_extract(request, '$.loginMode'),
                    'credentials', json('{}'))))
                """)
    }

    private static func makeTasks(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE task (
                    registry TEXT NOT NULL COLLATE NOCASE,
                    name TEXT NOT NULL COLLATE NOCASE,
                    document TEXT NOT NULL,
                    changeTime INTEGER NOT NULL,
                    PRIMARY KEY (registry, name)
                ) WITHOUT ROWID;
                """)
    }

    /// A principal had one secret; now it may have two while one takes over from the other. The server's own
    /// administrator is told from the others.
    private static func makeSecrets(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE principalSecret (
                    id TEXT PRIMARY KEY,
                    principal TEXT NOT NULL COLLATE NOCASE REFERENCES principal (id) ON DELETE CASCADE,
                    hash TEXT NOT NULL,
                    createTime INTEGER NOT NULL,
                    endTime INTEGER
                ) WITHOUT ROWID;
                CREATE INDEX principalSecretByPrincipal ON principalSecret (principal, createTime);
                INSERT INTO principalSecret (id, principal, hash, createTime)
                    SELECT lower(hex(randomblob(8))), id, secretHash, createTime FROM principal;
                ALTER TABLE principal DROP COLUMN secretHash;
                ALTER TABLE principal ADD COLUMN isOwn INTEGER NOT NULL DEFAULT 0;
                """)
    }

    /// The administrator login of each registry that the server stands in front of; passwords are sealed.
    private static func makeAdminUsers(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE adminUser (
                    registry TEXT PRIMARY KEY COLLATE NOCASE,
                    password TEXT NOT NULL,
                    password2 TEXT NOT NULL
                ) WITHOUT ROWID;
                """)
    }
}
