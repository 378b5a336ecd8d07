import GRDB

extension Migrations {
    /// Lists got indexes. `runByRegistry` holds what filters may name that have no index of their own, so that one which few runs match
    /// reads no rows that it doesn't show.
    static func makeRunLists(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                DROP INDEX runByRegistry;
                DROP INDEX runByTask;
                CREATE INDEX runByRegistry ON run
                    (registry, sequence, status, type, createTime, finishTime, isArchiveEnabled);
                CREATE INDEX runByRegistryStatus ON run (registry, status, sequence);
                CREATE INDEX runByTask ON run (registry, task, sequence, status);
                """)
    }
}
