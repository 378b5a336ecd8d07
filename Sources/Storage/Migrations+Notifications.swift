import GRDB

extension Migrations {
    /// Who is told how runs go, and what was told: a delivery is written in the transaction that takes note of the run's change.
    static func makeNotifications(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE notification (
                    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                    registry TEXT NOT NULL COLLATE NOCASE,
                    name TEXT NOT NULL COLLATE NOCASE,
                    url TEXT NOT NULL,
                    secret TEXT NOT NULL,
                    events TEXT NOT NULL,
                    tasks TEXT,
                    statuses TEXT,
                    isEnabled INTEGER NOT NULL,
                    problem TEXT,
                    createTime INTEGER NOT NULL,
                    UNIQUE (registry, name)
                );
                CREATE TABLE notificationDelivery (
                    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                    id TEXT NOT NULL UNIQUE,
                    target INTEGER NOT NULL REFERENCES notification (sequence) ON DELETE CASCADE,
                    runChange INTEGER,
                    event TEXT NOT NULL,
                    run TEXT,
                    body BLOB NOT NULL,
                    createTime INTEGER NOT NULL,
                    state TEXT NOT NULL,
                    attempts INTEGER NOT NULL DEFAULT 0,
                    nextTime INTEGER,
                    lastTime INTEGER,
                    lastStatus INTEGER,
                    lastError TEXT,
                    UNIQUE (target, runChange)
                );
                CREATE INDEX notificationDeliveryByState ON notificationDelivery (state, target, sequence);
                CREATE INDEX notificationDeliveryByTarget ON notificationDelivery (target, sequence);
                CREATE INDEX notificationDeliveryByTime ON notificationDelivery (createTime);
                """)
    }
}
