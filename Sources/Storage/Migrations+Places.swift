import GRDB

extension Migrations {
    /// When occurrences were told, since what is told later may be worked on first.
    static func makePlaces(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE occurrence ADD COLUMN toldTime INTEGER;
                CREATE INDEX occurrenceByToldTime ON occurrence (registry, task, toldTime);
                """)
    }
}
