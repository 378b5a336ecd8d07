import GRDB

extension Migrations {
    /// What forges and registries sent to hooks: written before it is answered, worked on later.
    static func makeDeliveries(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE delivery (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    hook TEXT NOT NULL,
                    kind TEXT NOT NULL,
                    registry TEXT NOT NULL COLLATE NOCASE,
                    task TEXT NOT NULL COLLATE NOCASE,
                    trigger TEXT NOT NULL,
                    deliveryID TEXT NOT NULL,
                    time INTEGER NOT NULL,
                    headers TEXT NOT NULL,
                    body BLOB NOT NULL,
                    state TEXT NOT NULL DEFAULT 'pending',
                    attempts INTEGER NOT NULL DEFAULT 0,
                    nextTime INTEGER,
                    outcome TEXT,
                    runs TEXT NOT NULL DEFAULT '',
                    approvedCommit TEXT,
                    version INTEGER NOT NULL DEFAULT 0,
                    UNIQUE (hook, deliveryID)
                );
                CREATE INDEX deliveryPending ON delivery (nextTime, id) WHERE state = 'pending';
                CREATE INDEX deliveryPendingByHook ON delivery (hook, nextTime, id, state) WHERE state = 'pending';
                CREATE INDEX deliveryByTask ON delivery (registry, task, id);
                CREATE INDEX deliveryByTime ON delivery (time);
                """)
    }
}
