public import Foundation
import GRDB
public import TaskModel

/// An address of the server that a forge or a registry calls, with what it proves itself by.
public struct Hook: Sendable, Hashable {
    public enum Standing: String, Sendable, Hashable {
        /// It is at the forge.
        case installed
        /// Somebody has to make it at the other side.
        case manual
        /// It is still to be made.
        case pending
        /// It can't be made, for now or for good: see ``Hook/problem``.
        case failed
    }

    /// 32 hexadecimal digits that nobody can guess.
    public let id: String
    public let kind: HookKind
    /// The registry of its task, or whose events it tells.
    public let registry: String
    /// Empty for a hook of a registry.
    public let task: String
    /// The name of the task's source trigger; of a registry's hook its own name.
    public let trigger: String
    /// Without logins. Of a registry's hook the host whose images it tells of.
    public let repositoryURL: String
    public let secret: Secret
    public var standing: Standing
    /// What the forge calls it; nil before it is there.
    public var remoteID: String?
    /// With what it was made there, to remove it when its task is gone.
    public var token: Secret?
    /// Why it is not there, or does not work, for people.
    public var problem: String?
    /// When the forge was asked last.
    public var checkTime: Date?
    public var lastDeliveryTime: Date?

    public init(
        id: String, kind: HookKind, registry: String, task: String, trigger: String, repositoryURL: String,
        secret: Secret, standing: Standing, remoteID: String? = nil, token: Secret? = nil,
        problem: String? = nil, checkTime: Date? = nil, lastDeliveryTime: Date? = nil
    ) {
        self.id = id
        self.kind = kind
        self.registry = registry
        self.task = task
        self.trigger = trigger
        self.repositoryURL = repositoryURL
        self.secret = secret
        self.standing = standing
        self.remoteID = remoteID
        self.token = token
        self.problem = problem
        self.checkTime = checkTime
        self.lastDeliveryTime = lastDeliveryTime
    }

    /// Where it is called.
    ///
    /// - Parameter server: `https://host[:port]`.
    public func url(at server: String) -> String { "\(server)/hooks/\(kind.rawValue)/\(id)" }
}

/// Keeps hooks; their secrets and tokens are sealed.
public struct HookStore: Sendable {
    static let purpose = "hook"
    static let tokenPurpose = "hook-token"

    let database: Database
    let box: SecretBox

    public init(database: Database, box: SecretBox) {
        self.database = database
        self.box = box
    }

    /// - Throws: also what is ``isUnreadable`` of one whose secrets can't be read any more: lists leave those out.
    public func find(_ id: String) async throws -> Hook? {
        try await database.pool.read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM hook WHERE id = ?", arguments: [id]).flatMap(readableHook)
        }
    }

    /// Those of a task.
    public func hooks(of task: String, in registry: String) async throws -> [Hook] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM hook WHERE registry = ? AND task = ? ORDER BY trigger",
                arguments: [registry, task]
            ).compactMap(hook)
        }
    }

    /// All of a registry: its own and those of its tasks.
    public func hooks(in registry: String) async throws -> [Hook] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM hook WHERE registry = ? ORDER BY task, trigger", arguments: [registry]
            ).compactMap(hook)
        }
    }

    /// Those of all registries.
    public func hooks() async throws -> [Hook] {
        try await database.pool.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM hook ORDER BY registry, task, trigger").compactMap(hook)
        }
    }

    /// Those that are to be made, or that were looked at until then, and some others.
    ///
    /// - Parameter ids: of these others.
    public func hooks(checkedUntil time: Date, or ids: [String]) async throws -> [Hook] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM hook WHERE standing = ? OR standing <> ? AND (checkTime IS NULL OR checkTime <= ?)
                        OR id IN (SELECT value FROM json_each(?))
                    ORDER BY registry, task, trigger
                    """,
                arguments: [
                    Hook.Standing.pending.rawValue, Hook.Standing.manual.rawValue, time.storedMilliseconds,
                    String(decoding: try JSONEncoder().encode(ids), as: UTF8.self),
                ]
            ).compactMap(hook)
        }
    }

    /// Writes a hook, in place of the one of that id.
    public func put(_ hook: Hook) async throws {
        try await database.pool.write { db in try put(hook, db) }
    }

    func put(_ hook: Hook, _ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                INSERT INTO hook (id, kind, registry, task, trigger, repositoryURL, secret, standing, remoteID, problem, checkTime)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET standing = excluded.standing, remoteID = excluded.remoteID,
                    problem = excluded.problem, checkTime = excluded.checkTime
                """,
            arguments: [
                hook.id, hook.kind.rawValue, hook.registry, hook.task, hook.trigger, hook.repositoryURL,
                try box.seal(hook.secret.value, for: Self.purpose), hook.standing.rawValue, hook.remoteID,
                hook.problem, hook.checkTime?.storedMilliseconds,
            ])
    }

    static func noteDelivery(_ id: String, at now: Date, _ db: GRDB.Database) throws {
        try db.execute(
            sql: "UPDATE hook SET lastDeliveryTime = ? WHERE id = ?", arguments: [now.storedMilliseconds, id])
    }

    public func remove(_ id: String) async throws {
        try await database.pool.write { db in
            try db.execute(sql: "DELETE FROM hook WHERE id = ?", arguments: [id])
        }
    }

    /// Nil for one that a later version wrote, or whose secrets can't be read any more.
    func hook(_ row: Row) throws -> Hook? {
        try ifReadable { try readableHook(row) }
    }

    private func readableHook(_ row: Row) throws -> Hook? {
        guard let kind = HookKind(rawValue: row["kind"]), let standing = Hook.Standing(rawValue: row["standing"]) else {
            return nil
        }
        return Hook(
            id: row["id"], kind: kind, registry: row["registry"], task: row["task"], trigger: row["trigger"],
            repositoryURL: row["repositoryURL"], secret: Secret(try box.open(row["secret"], for: Self.purpose)),
            standing: standing, remoteID: row["remoteID"],
            token: try (row["token"] as String?).map { Secret(try box.open($0, for: Self.tokenPurpose)) },
            problem: row["problem"],
            checkTime: (row["checkTime"] as Int64?).map(Date.init(storedMilliseconds:)),
            lastDeliveryTime: (row["lastDeliveryTime"] as Int64?).map(Date.init(storedMilliseconds:)))
    }
}
