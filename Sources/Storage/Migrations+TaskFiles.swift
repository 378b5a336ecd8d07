import GRDB

extension Migrations {
    /// Secrets that task files and logins name by the URL of a vault, a row for each version; the newest has the highest sequence. Values
    /// are sealed.
    static func makeVaultSecrets(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE vaultSecret (
                    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                    registry TEXT NOT NULL COLLATE NOCASE,
                    vault TEXT NOT NULL COLLATE NOCASE,
                    name TEXT NOT NULL COLLATE NOCASE,
                    version TEXT NOT NULL COLLATE NOCASE,
                    value TEXT NOT NULL,
                    createTime INTEGER NOT NULL,
                    createdBy TEXT NOT NULL,
                    UNIQUE (registry, vault, name, version)
                );
                """)
    }
}
