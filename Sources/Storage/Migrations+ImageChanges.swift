import GRDB

extension Migrations {
    /// Images that changed below a task and have made no run of it yet. Those of one batch make one run; of an image outside a batch only the
    /// last change counts.
    static func makeImageChanges(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE imageChange (
                    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                    registry TEXT NOT NULL COLLATE NOCASE,
                    task TEXT NOT NULL COLLATE NOCASE,
                    image TEXT NOT NULL,
                    digest TEXT NOT NULL,
                    time INTEGER NOT NULL,
                    batch TEXT
                );
                CREATE UNIQUE INDEX imageChangeOutsideBatch ON imageChange (registry, task, image) WHERE batch IS NULL;
                CREATE INDEX imageChangeByBatch ON imageChange (batch) WHERE batch IS NOT NULL;
                """)
    }
}
