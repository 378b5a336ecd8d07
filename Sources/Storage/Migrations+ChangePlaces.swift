import GRDB

extension Migrations {
    /// Places among the changes of runs, which no clock moves: after which one a target of notifications was made, and of which one the
    /// images of a task were recorded last.
    static func makeChangePlaces(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE notification ADD COLUMN lastChange INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE baseImageTask ADD COLUMN lastRecord INTEGER NOT NULL DEFAULT 0;
                """)
    }
}
