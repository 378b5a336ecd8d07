import GRDB

extension Migrations {
    /// Since when a run waits: a run that was put back waits since then. Of those of before nobody knows, so it is when they were accepted.
    static func makeWaits(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE run ADD COLUMN queuedTime INTEGER NOT NULL DEFAULT 0;
                UPDATE run SET queuedTime = createTime;
                DROP INDEX runByWait;
                CREATE INDEX runByWait ON run (queuedTime) WHERE status = 'Queued';
                """)
    }
}
