public import Foundation
import GRDB
public import TaskModel

/// Keeps what images tasks stand on, and what their registries say of them.
public struct TrackedImageStore: Sendable {
    /// The reader of ``RunChangeStore`` that follows what successful runs stood on and made.
    public static let reader = "images"

    let database: Database

    public init(database: Database) {
        self.database = database
    }

    // MARK: What tasks stand on

    /// Tasks whose images are to be read.
    public func unread(at now: Date, limit: Int) async throws -> [UnreadTask] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM baseImageTask WHERE nextRead <= ? ORDER BY nextRead LIMIT ?",
                arguments: [now.storedMilliseconds, limit]
            ).compactMap { row in
                BaseImageTriggerDefinition.Kind(rawValue: row["kind"]).map { kind in
                    UnreadTask(
                        key: TaskKey(registry: row["registry"], task: row["task"]), kind: kind,
                        changeTime: Date(storedMilliseconds: row["changeTime"]), failures: row["failures"],
                        lastRecord: row["lastRecord"])
                }
            }
        }
    }

    /// Has tasks read at once that were to be read later.
    public func bringReadingsForward(at now: Date) async throws {
        try await database.pool.write { db in
            try db.execute(
                sql: "UPDATE baseImageTask SET nextRead = ? WHERE nextRead > ?",
                arguments: [now.storedMilliseconds, now.storedMilliseconds])
        }
    }

    /// Records what a reading found. Nothing is done if the task was changed meanwhile.
    ///
    /// - Parameters:
    ///   - images: in place of those that were known, unless a run has told meanwhile what it stood on: that is newer; nil leaves them.
    ///   - outputs: names of images that the task makes, as its text has them; nil leaves them.
    ///   - problem: why it could not be read, or not all of it.
    ///   - next: when to try again; nil if that would change nothing.
    public func setReading(
        of task: UnreadTask, images: [TrackedImage]?, outputs: [ImageReference]?, problem: String?, next: Date?,
        at now: Date
    ) async throws {
        try await database.pool.write { db in
            try db.execute(
                sql: """
                    UPDATE baseImageTask SET nextRead = ?, failures = iif(? IS NULL, 0, failures + 1), problem = ?
                    WHERE registry = ? AND task = ? AND changeTime = ?
                    """,
                arguments: [
                    next?.storedMilliseconds, next?.storedMilliseconds, problem, task.key.registry, task.key.task,
                    task.changeTime.storedMilliseconds,
                ])
            guard db.changesCount > 0 else { return }
            let lastRecord = try Int64.fetchOne(
                db, sql: "SELECT lastRecord FROM baseImageTask WHERE registry = ? AND task = ?",
                arguments: [task.key.registry, task.key.task])
            if let images, lastRecord == task.lastRecord {
                try Self.put(images, of: task.key, byRun: false, at: now, db)
            } else if images != nil {
                // That run may have done what an earlier text says: the next reading takes it into account.
                try db.execute(
                    sql: "UPDATE baseImageTask SET nextRead = ? WHERE registry = ? AND task = ?",
                    arguments: [now.storedMilliseconds, task.key.registry, task.key.task])
            }
            if let outputs { try Self.put(outputs, of: task.key, from: .dockerfile, db) }
        }
    }

    /// Records what a successful run stood on and made, and that its change was followed.
    ///
    /// - Parameters:
    ///   - task: nil for a quick run.
    ///   - images: nil for a task whose images are not tracked.
    ///   - outputs: what was pushed, with tags. They are asked for at once, whoever stands on them.
    public func follow(
        _ change: RunChangeStore.Change, of task: TaskKey?, images: [TrackedImage]?, outputs: [ImageReference],
        at now: Date
    ) async throws {
        try await database.pool.write { db in
            if let task {
                try Self.put(outputs, of: task, from: .run, db)
                if let images {
                    try db.execute(
                        sql: "UPDATE baseImageTask SET lastRecord = ? WHERE registry = ? AND task = ?",
                        arguments: [change.sequence, task.registry, task.task])
                    if db.changesCount > 0 { try Self.put(images, of: task, byRun: true, at: now, db) }
                }
            }
            try Self.makeDue(outputs, at: now, db)
            try RunChangeStore.acknowledge(change.sequence, by: Self.reader, db)
        }
    }

    /// How the images of a task stand, by name; and why they are not all, if they are not.
    public func images(of task: TaskKey) async throws -> (images: [TrackedImageState], problem: String?) {
        try await database.pool.read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT trackedImage.*, imageCheck.digest AS seen, lastTime, nextTime, problem
                    FROM trackedImage LEFT JOIN imageCheck USING (image, login)
                    WHERE registry = ? AND task = ? ORDER BY image
                    """, arguments: [task.registry, task.task])
            let problem = try String.fetchOne(
                db, sql: "SELECT problem FROM baseImageTask WHERE registry = ? AND task = ? AND problem IS NOT NULL",
                arguments: [task.registry, task.task])
            return (try rows.compactMap(Self.state), problem)
        }
    }

    private static func state(_ row: Row) throws -> TrackedImageState? {
        guard let use = BaseImageRecord.Use(rawValue: row["use"]),
            let origin = TrackedImage.Origin(rawValue: row["origin"]),
            let image = try? ImageReference(row["image"] as String)  // an odd name is one that nobody wrote
        else { return nil }
        return TrackedImageState(
            tracked: TrackedImage(image: image, use: use, origin: origin, login: row["login"], digest: row["digest"]),
            digest: row["seen"],
            lastCheckTime: (row["lastTime"] as Int64?).map(Date.init(storedMilliseconds:)),
            nextCheckTime: (row["nextTime"] as Int64?).map(Date.init(storedMilliseconds:)),
            problem: row["problem"], note: row["note"])
    }

    // MARK: Writing

    /// Puts images in place of those that a task had. What is known of one that stays is kept, unless a run has just told what it stood on.
    private static func put(
        _ images: [TrackedImage], of task: TaskKey, byRun: Bool, at now: Date, _ db: GRDB.Database
    ) throws {
        let names = images.map(\.image.description)
        for known in try String.fetchAll(
            db, sql: "SELECT image FROM trackedImage WHERE registry = ? AND task = ?",
            arguments: [task.registry, task.task])
        where !names.contains(known) {
            for table in ["trackedImage", "imageChange"] {
                try db.execute(
                    sql: "DELETE FROM \(table) WHERE registry = ? AND task = ? AND image = ?",
                    arguments: [task.registry, task.task, known])
            }
        }
        for tracked in images { try put(tracked, of: task, byRun: byRun, at: now, db) }
        try removeUnusedChecks(db)
    }

    private static func put(
        _ tracked: TrackedImage, of task: TaskKey, byRun: Bool, at now: Date, _ db: GRDB.Database
    ) throws {
        let name = tracked.image.description
        let digestTime = tracked.digest == nil ? 0 : now.storedMilliseconds
        try db.execute(
            sql: """
                INSERT INTO trackedImage (registry, task, image, use, origin, login, digest, digestTime)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (registry, task, image) DO UPDATE SET use = excluded.use, origin = excluded.origin,
                    login = excluded.login,
                    digest = iif(?, coalesce(excluded.digest, digest), coalesce(digest, excluded.digest)),
                    digestTime = iif(? OR digest IS NULL, max(digestTime, excluded.digestTime), digestTime)
                """,
            arguments: [
                task.registry, task.task, name, tracked.use.rawValue, tracked.origin.rawValue, tracked.login,
                tracked.digest, digestTime, byRun, byRun,
            ])
        try db.execute(
            sql: "INSERT OR IGNORE INTO imageCheck (image, login, nextTime) VALUES (?, ?, ?)",
            arguments: [name, tracked.login, now.storedMilliseconds])
        guard let digest = tracked.digest else {
            // What the registry is known to have is what the task is taken to stand on.
            return try db.execute(
                sql: """
                    UPDATE trackedImage SET digest = (SELECT digest FROM imageCheck WHERE image = ? AND login = ?)
                    WHERE registry = ? AND task = ? AND image = ? AND digest IS NULL
                    """, arguments: [name, tracked.login, task.registry, task.task, name])
        }
        if byRun {
            try db.execute(
                sql: """
                    DELETE FROM imageChange
                    WHERE registry = ? AND task = ? AND image = ? AND digest = ? AND batch IS NULL
                    """, arguments: [task.registry, task.task, name, digest])
            // The change was followed to its end. An older run that ends after this one takes the task back, and it is one again.
            try db.execute(
                sql: """
                    UPDATE trackedImage SET followedDigest = NULL
                    WHERE registry = ? AND task = ? AND image = ? AND followedDigest = ?
                    """, arguments: [task.registry, task.task, name, digest])
        }
        // What the registry had before may be older than this: it is asked again.
        try db.execute(
            sql: """
                UPDATE imageCheck SET nextTime = ?, urgentTime = ?
                WHERE image = ? AND login = ? AND digest IS NOT NULL AND digest <> ?
                """, arguments: [now.storedMilliseconds, now.storedMilliseconds, name, tracked.login, digest])
    }

    private static func put(
        _ outputs: [ImageReference], of task: TaskKey, from origin: TrackedImage.Origin, _ db: GRDB.Database
    ) throws {
        try db.execute(
            sql: "DELETE FROM taskOutput WHERE registry = ? AND task = ? AND origin = ?",
            arguments: [task.registry, task.task, origin.rawValue])
        for image in outputs {
            try db.execute(
                sql: "INSERT OR IGNORE INTO taskOutput (registry, task, image, origin) VALUES (?, ?, ?, ?)",
                arguments: [task.registry, task.task, image.description, origin.rawValue])
        }
    }

    private static func removeUnusedChecks(_ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                DELETE FROM imageCheck WHERE NOT EXISTS (
                    SELECT 1 FROM trackedImage
                    WHERE trackedImage.image = imageCheck.image AND trackedImage.login = imageCheck.login)
                """)
    }

    // MARK: The index of tasks

    /// A task that is as it was keeps what is known of it.
    static func put(_ task: TaskDefinition, in registry: String, _ db: GRDB.Database) throws {
        guard task.isEnabled, task.step != nil, let trigger = task.triggers.baseImage, trigger.isEnabled else {
            return try rest(task.name, of: registry, db)
        }
        try db.execute(
            sql: """
                INSERT INTO baseImageTask (registry, task, kind, changeTime, nextRead) VALUES (?, ?, ?, ?, 0)
                ON CONFLICT (registry, task) DO UPDATE SET kind = excluded.kind, changeTime = excluded.changeTime,
                    nextRead = 0, failures = 0, problem = NULL
                    WHERE changeTime <> excluded.changeTime OR kind <> excluded.kind
                """,
            arguments: [registry, task.name, trigger.kind.rawValue, task.changed.at.storedMilliseconds])
    }

    static func remove(_ task: String, of registry: String, _ db: GRDB.Database) throws {
        try rest(task, of: registry, db)
        try db.execute(sql: "DELETE FROM taskOutput WHERE registry = ? AND task = ?", arguments: [registry, task])
    }

    /// Of a task whose trigger rests nothing is tracked.
    private static func rest(_ task: String, of registry: String, _ db: GRDB.Database) throws {
        try db.execute(sql: "DELETE FROM baseImageTask WHERE registry = ? AND task = ?", arguments: [registry, task])
        guard db.changesCount > 0 else { return }
        for table in ["trackedImage", "imageChange"] {
            try db.execute(sql: "DELETE FROM \(table) WHERE registry = ? AND task = ?", arguments: [registry, task])
        }
        try removeUnusedChecks(db)
    }
}
