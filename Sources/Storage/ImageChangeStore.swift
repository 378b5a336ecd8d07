public import Foundation
import GRDB
public import TaskModel

/// An image that changed below a task, and has made no run of it yet.
public struct ImageChange: Sendable, Hashable {
    public let task: TaskKey
    /// With a tag.
    public let image: ImageReference
    /// What the tag names now.
    public let digest: String
    public let time: Date
    /// What all changes that make one run have in common; nil before that.
    public let batch: String?
}

/// What is to be known to start tasks in the order in which they stand on one another. Tasks are named `registry/task` in lower case.
public struct ImageFlow: Sendable, Hashable {
    /// By task: those whose images it stands on. Across registries only what was pushed counts: a text says what it likes.
    public var bases: [String: Set<String>] = [:]
    /// Since when tasks have runs that have not ended and may push; the beginning of time for those that changed images made.
    public var busy: [String: Date] = [:]
    /// Tasks of which a run was not followed up yet, or whose images are being asked for at once.
    public var unsettled: Set<String> = []
    /// How many runs that changed images made have not ended, by pool.
    public var runs: [PoolID: Int] = [:]

    public init() {}
}

extension TaskKey {
    /// As ``ImageFlow`` names it.
    public var flowName: String { "\(registry)/\(task)".lowercased() }
}

/// Keeps the changes of images that are to make runs.
public struct ImageChangeStore: Sendable {
    let database: Database

    public init(database: Database) {
        self.database = database
    }

    /// An element at once, and one after what may let a change go on.
    public func signals() -> AsyncStream<Void> {
        database.changes(of: "imageChange", "imageCheck", "runChange", "runChangeReader")
    }

    /// All that wait, oldest first.
    public func waiting() async throws -> [ImageChange] {
        try await database.pool.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM imageChange ORDER BY sequence").compactMap(Self.change)
        }
    }

    /// Those of a task.
    public func waiting(of task: TaskKey) async throws -> [ImageChange] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM imageChange WHERE registry = ? AND task = ? ORDER BY sequence",
                arguments: [task.registry, task.task]
            ).compactMap(Self.change)
        }
    }

    /// Puts all changes of a task that are in no batch into one.
    ///
    /// - Parameter batch: a GUID.
    public func take(_ task: TaskKey, as batch: String) async throws -> [ImageChange] {
        try await database.pool.write { db in
            try db.execute(
                sql: "UPDATE imageChange SET batch = ? WHERE registry = ? AND task = ? AND batch IS NULL",
                arguments: [batch, task.registry, task.task])
            return try Row.fetchAll(
                db, sql: "SELECT * FROM imageChange WHERE batch = ? ORDER BY image", arguments: [batch]
            ).compactMap(Self.change)
        }
    }

    /// Forgets a batch that has made its run, or will never make one.
    ///
    /// - Parameter notes: by image, why it made none, for people.
    public func finish(_ batch: String, notes: [ImageReference: String]) async throws {
        try await database.pool.write { db in
            try db.execute(
                sql: """
                    UPDATE trackedImage SET note = NULL WHERE (registry, task, image) IN (
                        SELECT registry, task, image FROM imageChange WHERE batch = ?)
                    """, arguments: [batch])
            for (image, note) in notes {
                try db.execute(
                    sql: """
                        UPDATE trackedImage SET note = ? WHERE (registry, task, image) IN (
                            SELECT registry, task, image FROM imageChange WHERE batch = ? AND image = ?)
                        """, arguments: [note, batch, image.description])
            }
            try db.execute(sql: "DELETE FROM imageChange WHERE batch = ?", arguments: [batch])
        }
    }

    /// Who pushed an image last by a run: the task, and the tasks whose images led to that run, the nearest first.
    ///
    /// - Returns: empty if nobody did, or a run without a task.
    public func chain(of change: ImageChange) async throws -> [String] {
        try await database.pool.read { db in
            guard
                let row = try Row.fetchOne(
                    db,
                    sql: """
                        SELECT run.registry, run.task, run.trigger FROM outputImage JOIN run ON run.sequence = outputImage.run
                        WHERE outputImage.digest = ? AND outputImage.registry = ? AND outputImage.repository = ?
                        ORDER BY run.sequence DESC LIMIT 1
                        """, arguments: [change.digest, change.image.registry, change.image.repository]),
                let task = row["task"] as String?
            else { return [] }
            var chain = ["\(row["registry"] as String)/\(task)"]
            // What can't be read was no changed image, as far as this version knows.
            if let text = row["trigger"] as String?,
                case .image(let update)? = try? JSONDecoder().decode(RunTrigger.self, from: Data(text.utf8))
            {
                chain += update.chain
            }
            return chain
        }
    }

    public func flow() async throws -> ImageFlow {
        try await database.pool.read { db in
            var flow = ImageFlow()
            for row in try Row.fetchAll(
                db,
                sql: """
                    SELECT DISTINCT lower(trackedImage.registry || '/' || trackedImage.task) AS name,
                        lower(taskOutput.registry || '/' || taskOutput.task) AS base
                    FROM trackedImage JOIN taskOutput USING (image)
                    WHERE taskOutput.origin = ? OR taskOutput.registry = trackedImage.registry
                    """, arguments: [TrackedImage.Origin.run.rawValue])
            {
                flow.bases[row["name"], default: []].insert(row["base"])
            }
            for row in try Row.fetchAll(
                db,
                sql: """
                    SELECT lower(registry || '/' || task) AS name,
                        min(iif(json_extract(trigger, '$.image') IS NULL, createTime, 0)) AS since
                    FROM run WHERE status IN ('Queued', 'Started', 'Running') AND task IS NOT NULL AND isRestricted = 0
                    GROUP BY name
                    """)
            {
                flow.busy[row["name"]] = Date(storedMilliseconds: row["since"])
            }
            for row in try Row.fetchAll(
                db,
                sql: """
                    SELECT agentPool, poolRegistry, count(*) AS runs FROM run
                    WHERE status IN ('Queued', 'Started', 'Running') AND json_extract(trigger, '$.image') IS NOT NULL
                    GROUP BY lower(agentPool), lower(poolRegistry)
                    """)
            {
                let registry: String = row["poolRegistry"]
                flow.runs[PoolID(registry: registry.isEmpty ? nil : registry, name: row["agentPool"])] = row["runs"]
            }
            flow.unsettled = try String.fetchSet(
                db,
                sql: """
                    SELECT lower(run.registry || '/' || run.task)
                    FROM runChange JOIN run ON run.sequence = runChange.run
                    WHERE runChange.status = 'Succeeded' AND run.task IS NOT NULL AND runChange.sequence > coalesce(
                        (SELECT sequence FROM runChangeReader WHERE name = ?), 0)
                    UNION
                    SELECT lower(trackedImage.registry || '/' || trackedImage.task)
                    FROM imageCheck JOIN trackedImage USING (image, login) WHERE imageCheck.urgentTime IS NOT NULL
                    """, arguments: [TrackedImageStore.reader])
            return flow
        }
    }

    private static func change(_ row: Row) -> ImageChange? {
        // An odd name is one that nobody wrote.
        guard let image = try? ImageReference(row["image"] as String) else { return nil }
        return ImageChange(
            task: TaskKey(registry: row["registry"], task: row["task"]), image: image, digest: row["digest"],
            time: Date(storedMilliseconds: row["time"]), batch: row["batch"])
    }
}
