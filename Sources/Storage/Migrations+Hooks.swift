import GRDB

extension Migrations {
    /// What forges and registries call. A hook of a task belongs to one of its source triggers; that of a registry has an empty task.
    /// Secrets and tokens are sealed.
    static func makeHooks(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE hook (
                    id TEXT PRIMARY KEY,
                    kind TEXT NOT NULL,
                    registry TEXT NOT NULL COLLATE NOCASE,
                    task TEXT NOT NULL COLLATE NOCASE,
                    trigger TEXT NOT NULL COLLATE NOCASE,
                    repositoryURL TEXT NOT NULL,
                    secret TEXT NOT NULL,
                    standing TEXT NOT NULL,
                    remoteID TEXT,
                    token TEXT,
                    problem TEXT,
                    checkTime INTEGER,
                    lastDeliveryTime INTEGER
                ) WITHOUT ROWID;
                CREATE INDEX hookByTask ON hook (registry, task);
                CREATE UNIQUE INDEX hookOfRegistry ON hook (registry, trigger) WHERE task = '';
                """)
    }
}
