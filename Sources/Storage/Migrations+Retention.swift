import GRDB

extension Migrations {
    /// Finds what is old; and counts restores, so that what was given out before one is told from what comes after.
    static func makeRetention(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                CREATE INDEX runByFinish ON run (finishTime) WHERE finishTime IS NOT NULL;
                CREATE TABLE generation (number INTEGER NOT NULL);
                INSERT INTO generation (number) VALUES (1);
                """)
    }
}
