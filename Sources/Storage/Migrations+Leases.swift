import GRDB

extension Migrations {
    /// What a run is worth to the queue and after the loss of its agent, who stopped it, and what its log lacks.
    ///
    /// `concurrency`, `branch` and `supersedes` are those of a run of a task. Runs of before have their hand-outs in `epoch`.
    static func makeLeases(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE run ADD COLUMN isTimeoutRequested INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE run ADD COLUMN canceledBy TEXT;
                ALTER TABLE run ADD COLUMN handOuts INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE run ADD COLUMN retriesLeft INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE run ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE run ADD COLUMN concurrency INTEGER;
                ALTER TABLE run ADD COLUMN branch TEXT;
                ALTER TABLE run ADD COLUMN logLossBytes INTEGER;
                ALTER TABLE run ADD COLUMN logLossReason TEXT;
                UPDATE run SET handOuts = epoch WHERE status IN ('Queued', 'Started', 'Running');
                DROP INDEX runByQueue;
                CREATE INDEX runByQueue ON run (status, agentPool, poolRegistry, priority DESC, sequence);
                CREATE INDEX runByWait ON run (createTime) WHERE status = 'Queued';
                CREATE INDEX runUnderWay ON run (registry, task) WHERE status IN ('Started', 'Running');
                CREATE INDEX runPending ON run (registry, task, branch) WHERE status = 'Queued';
                """)
    }
}
