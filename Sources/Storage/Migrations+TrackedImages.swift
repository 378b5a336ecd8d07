import GRDB

extension Migrations {
    /// The images that tasks stand on and that make runs of them when they change; what tasks make themselves; and when each image is
    /// looked at next, once for all tasks that may see it with the same login. Names of images are whole: `host/repository:tag`.
    static func makeTrackedImages(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE baseImageTask (
                    registry TEXT NOT NULL COLLATE NOCASE,
                    task TEXT NOT NULL COLLATE NOCASE,
                    kind TEXT NOT NULL,
                    changeTime INTEGER NOT NULL,
                    nextRead INTEGER,
                    failures INTEGER NOT NULL DEFAULT 0,
                    problem TEXT,
                    PRIMARY KEY (registry, task)
                ) WITHOUT ROWID;
                CREATE INDEX baseImageTaskByRead ON baseImageTask (nextRead) WHERE nextRead IS NOT NULL;
                CREATE TABLE trackedImage (
                    registry TEXT NOT NULL COLLATE NOCASE,
                    task TEXT NOT NULL COLLATE NOCASE,
                    image TEXT NOT NULL,
                    use TEXT NOT NULL,
                    origin TEXT NOT NULL,
                    login TEXT NOT NULL COLLATE NOCASE,
                    digest TEXT,
                    digestTime INTEGER NOT NULL DEFAULT 0,
                    followedDigest TEXT,
                    note TEXT,
                    PRIMARY KEY (registry, task, image)
                ) WITHOUT ROWID;
                CREATE INDEX trackedImageByImage ON trackedImage (image, login);
                CREATE TABLE imageCheck (
                    image TEXT NOT NULL,
                    login TEXT NOT NULL COLLATE NOCASE,
                    digest TEXT,
                    lastTime INTEGER,
                    nextTime INTEGER NOT NULL,
                    urgentTime INTEGER,
                    failures INTEGER NOT NULL DEFAULT 0,
                    problem TEXT,
                    PRIMARY KEY (image, login)
                ) WITHOUT ROWID;
                CREATE INDEX imageCheckByTime ON imageCheck (nextTime);
                CREATE INDEX imageCheckByUrgency ON imageCheck (urgentTime) WHERE urgentTime IS NOT NULL;
                CREATE TABLE taskOutput (
                    registry TEXT NOT NULL COLLATE NOCASE,
                    task TEXT NOT NULL COLLATE NOCASE,
                    image TEXT NOT NULL,
                    origin TEXT NOT NULL,
                    PRIMARY KEY (registry, task, image, origin)
                ) WITHOUT ROWID;
                CREATE INDEX taskOutputByImage ON taskOutput (image);
                """)
    }
}
