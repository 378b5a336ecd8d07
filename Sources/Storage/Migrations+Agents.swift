import GRDB

extension Migrations {
    /// Agents on other hosts, and the tokens that let them join. Of keys and tokens there are only hashes.
    static func makeAgents(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE joinToken (
                    id TEXT PRIMARY KEY,
                    pool TEXT NOT NULL COLLATE NOCASE,
                    poolRegistry TEXT NOT NULL DEFAULT '' COLLATE NOCASE,
                    hash TEXT NOT NULL,
                    createTime INTEGER NOT NULL,
                    createdBy TEXT NOT NULL,
                    endTime INTEGER,
                    isRevoked INTEGER NOT NULL DEFAULT 0,
                    uses INTEGER NOT NULL DEFAULT 0,
                    lastUseTime INTEGER
                ) WITHOUT ROWID;
                CREATE TABLE agent (
                    id TEXT PRIMARY KEY,
                    pool TEXT NOT NULL COLLATE NOCASE,
                    poolRegistry TEXT NOT NULL DEFAULT '' COLLATE NOCASE,
                    host TEXT NOT NULL,
                    slots INTEGER NOT NULL,
                    labels TEXT NOT NULL,
                    version TEXT NOT NULL,
                    hash TEXT NOT NULL,
                    isDraining INTEGER NOT NULL DEFAULT 0,
                    joinToken TEXT NOT NULL,
                    createTime INTEGER NOT NULL,
                    lastSeenTime INTEGER NOT NULL
                ) WITHOUT ROWID;
                """)
    }
}
