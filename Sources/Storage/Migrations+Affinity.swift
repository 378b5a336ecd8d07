import GRDB

extension Migrations {
    /// What runs share that gain from the same agent: see ``NewRun/affinity``.
    static func makeRunAffinity(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE run ADD COLUMN affinity TEXT;
                CREATE INDEX runByAffinity ON run (registry, affinity, sequence) WHERE affinity IS NOT NULL;
                """)
    }
}
