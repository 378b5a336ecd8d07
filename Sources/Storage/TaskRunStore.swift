import struct Foundation.Date
import GRDB
public import TaskModel

/// Keeps task runs: which request each stands for, and which run that made. They come in with ``RunStore/enqueue(_:maxQueued:at:)``.
public struct TaskRunStore: Sendable {
    /// A task run with the run that it made last.
    public struct Entry: Sendable, Hashable {
        public let taskRun: TaskRun
        public let run: RunID
    }

    private static let purpose = "task-run"

    let database: Database
    let box: SecretBox

    public init(database: Database, box: SecretBox) {
        self.database = database
        self.box = box
    }

    public func find(_ name: String, in registry: String) async throws -> Entry? {
        try await database.pool.read { try Self.fetch(name, in: registry, box: box, $0) }
    }

    /// By name.
    public func list(in registry: String) async throws -> [Entry] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM taskRun WHERE registry = ? ORDER BY name", arguments: [registry]
            ).map { try Self.entry($0, box: box) }
        }
    }

    /// The run stays.
    ///
    /// - Returns: false if there is none of that name.
    public func remove(_ name: String, in registry: String) async throws -> Bool {
        try await database.pool.write { db in
            try db.execute(
                sql: "DELETE FROM taskRun WHERE registry = ? AND name = ?", arguments: [registry, name])
            return db.changesCount > 0
        }
    }

    // MARK: Within a transaction

    static func fetch(_ name: String, in registry: String, box: SecretBox, _ db: GRDB.Database) throws -> Entry? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM taskRun WHERE registry = ? AND name = ?", arguments: [registry, name]
        ).map { try entry($0, box: box) }
    }

    static func put(_ taskRun: TaskRun, run: RunID, box: SecretBox, at now: Date, _ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                INSERT INTO taskRun (registry, name, request, forceUpdateTag, identity, run, createTime) VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (registry, name) DO UPDATE SET request = excluded.request,
                    forceUpdateTag = excluded.forceUpdateTag, identity = excluded.identity, run = excluded.run
                """,
            arguments: [
                taskRun.registry, taskRun.name, try box.seal(taskRun.request.value, for: purpose),
                taskRun.forceUpdateTag, taskRun.identity, run.text, now.storedMilliseconds,
            ])
    }

    private static func entry(_ row: Row, box: SecretBox) throws -> Entry {
        guard let run = RunID(row["run"] as String) else {
            throw StorageError.io(action: "read task run \(row["name"] as String)", reason: "its row names no run")
        }
        return Entry(
            taskRun: TaskRun(
                registry: row["registry"], name: row["name"],
                request: Secret(try box.open(row["request"], for: purpose)), forceUpdateTag: row["forceUpdateTag"],
                identity: row["identity"]), run: run)
    }
}
