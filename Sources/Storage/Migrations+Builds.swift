import GRDB

extension Migrations {
    /// What became of the vertexes of a run's builds, which end and go as its steps do; and what its builds stood on, told at its end and
    /// found by the image.
    static func makeBuildRecords(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE runStep ADD COLUMN omittedVertices INTEGER NOT NULL DEFAULT 0;
                CREATE TABLE buildVertex (
                    run INTEGER NOT NULL REFERENCES run (sequence) ON DELETE CASCADE,
                    step TEXT NOT NULL,
                    platform TEXT NOT NULL,
                    position INTEGER NOT NULL,
                    attempt INTEGER NOT NULL,
                    number INTEGER,
                    name TEXT NOT NULL,
                    status TEXT NOT NULL,
                    error TEXT,
                    startTime INTEGER,
                    finishTime INTEGER,
                    seconds REAL,
                    bytes INTEGER,
                    PRIMARY KEY (run, step, platform, position)
                ) WITHOUT ROWID;
                CREATE TRIGGER verticesEndWithTheirRun AFTER UPDATE OF status ON run
                WHEN NEW.status IN ('Succeeded', 'Failed', 'Canceled', 'Error', 'Timeout')
                BEGIN
                    UPDATE buildVertex SET status = 'interrupted', finishTime = NEW.finishTime
                        WHERE run = NEW.sequence AND status = 'running';
                    UPDATE buildVertex SET status = 'skipped' WHERE run = NEW.sequence AND status = 'waiting';
                END;
                CREATE TRIGGER verticesGoWhenTheirRunWaitsAgain AFTER UPDATE OF status ON run WHEN NEW.status = 'Queued'
                BEGIN DELETE FROM buildVertex WHERE run = NEW.sequence; END;
                CREATE TABLE baseImage (
                    run INTEGER NOT NULL REFERENCES run (sequence) ON DELETE CASCADE,
                    position INTEGER NOT NULL,
                    step TEXT NOT NULL,
                    platform TEXT NOT NULL,
                    registry TEXT NOT NULL,
                    repository TEXT NOT NULL,
                    tag TEXT,
                    namedDigest TEXT,
                    use TEXT NOT NULL,
                    digest TEXT,
                    source TEXT,
                    registryDigest TEXT,
                    problem TEXT,
                    PRIMARY KEY (run, position)
                ) WITHOUT ROWID;
                CREATE INDEX baseImageByName ON baseImage (registry, repository, tag, run);
                """)
    }
}

extension Migrations {
    /// Secret files and ssh keys of a build go with the end of its run, sealed as they are.
    static func endBuildSecrets(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                CREATE TRIGGER buildSecretsEndWithTheirRun AFTER UPDATE OF status ON run
                WHEN NEW.status IN ('Succeeded', 'Failed', 'Canceled', 'Error', 'Timeout')
                    AND ifnull(json_array_length(NEW.request, '$.build.buildSecrets'), 0)
                        + ifnull(json_array_length(NEW.request, '$.build.sshKeys'), 0) > 0
                BEGIN
                    UPDATE run SET request = json_remove(request, '$.build.buildSecrets', '$.build.sshKeys')
                        WHERE sequence = NEW.sequence;
                END;
                """)
    }
}
