import GRDB

extension Migrations {
    /// Who asked for which runs to stop, and what became of each.
    static func makeCancels(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE cancelRequest (
                    number INTEGER PRIMARY KEY AUTOINCREMENT,
                    registry TEXT NOT NULL COLLATE NOCASE,
                    time INTEGER NOT NULL,
                    principal TEXT NOT NULL,
                    address TEXT,
                    filter TEXT
                );
                CREATE INDEX cancelByRegistry ON cancelRequest (registry, number);
                CREATE TABLE cancelResult (
                    request INTEGER NOT NULL REFERENCES cancelRequest (number) ON DELETE CASCADE,
                    position INTEGER NOT NULL,
                    run TEXT NOT NULL,
                    previousStatus TEXT,
                    result TEXT NOT NULL,
                    PRIMARY KEY (request, position)
                ) WITHOUT ROWID;
                """)
    }
}
