import GRDB

extension Migrations {
    /// Hooks that are to go from their forges though their tasks are gone already; tokens are sealed.
    static func makeHookRemovals(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE hookRemoval (
                    id TEXT PRIMARY KEY,
                    repositoryURL TEXT NOT NULL,
                    url TEXT NOT NULL,
                    remoteID TEXT,
                    token TEXT NOT NULL,
                    endTime INTEGER NOT NULL
                ) WITHOUT ROWID;
                """)
    }
}
