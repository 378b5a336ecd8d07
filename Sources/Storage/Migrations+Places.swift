import GRDB

extension Migrations {
    /// When occurrences of one place were told, since what is told later may be worked on first.
    static func makePlaces(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE occurrence ADD COLUMN place TEXT;
                ALTER TABLE occurrence ADD COLUMN toldTime INTEGER;
                CREATE INDEX occurrenceByPlace ON occurrence (registry, task, place, toldTime) WHERE place IS NOT NULL;
                """)
    }
}
