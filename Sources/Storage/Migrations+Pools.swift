import GRDB

extension Migrations {
    /// Lists got indexes. `runByRegistry` holds what filters may name that have no index of their own, so that one which few runs match
    /// reads no rows that it doesn't show.
    static func makeRunLists(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                DROP INDEX runByRegistry;
                DROP INDEX runByTask;
                CREATE INDEX runByRegistry ON run
                    (registry, sequence, status, type, createTime, finishTime, isArchiveEnabled);
                CREATE INDEX runByRegistryStatus ON run (registry, status, sequence);
                CREATE INDEX runByTask ON run (registry, task, sequence, status);
                """)
    }
}

extension Migrations {
    /// A registry may have pools of its own, beside those of the server, whose owner is empty.
    static func makeAgentPools(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE run ADD COLUMN poolRegistry TEXT NOT NULL DEFAULT '' COLLATE NOCASE;
                DROP INDEX runByStatus;
                CREATE INDEX runByQueue ON run (status, agentPool, poolRegistry, sequence);
                CREATE TABLE agentPool (
                    registry TEXT NOT NULL COLLATE NOCASE,
                    name TEXT NOT NULL COLLATE NOCASE,
                    count INTEGER NOT NULL,
                    tier TEXT NOT NULL,
                    subnet TEXT,
                    servedBy TEXT NOT NULL,
                    createTime INTEGER NOT NULL,
                    PRIMARY KEY (registry, name)
                ) WITHOUT ROWID;
                """)
    }
}

extension Migrations {
    /// The request is sealed as a whole.
    static func makeTaskRuns(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE taskRun (
                    registry TEXT NOT NULL COLLATE NOCASE,
                    name TEXT NOT NULL COLLATE NOCASE,
                    request TEXT NOT NULL,
                    forceUpdateTag TEXT,
                    identity TEXT,
                    run TEXT NOT NULL,
                    createTime INTEGER NOT NULL,
                    PRIMARY KEY (registry, name)
                ) WITHOUT ROWID;
                """)
    }
}
