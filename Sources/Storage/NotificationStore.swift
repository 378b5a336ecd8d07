import Foundation
import GRDB
public import TaskModel

/// Keeps who is told how runs go; URLs and secrets are sealed. Registries and names are compared without case.
public struct NotificationStore: Sendable {
    let database: Database
    let box: SecretBox
    let mostPending: Int

    /// - Parameter mostPending: how much may wait for one target; of more the oldest is given up.
    public init(database: Database, box: SecretBox, mostPending: Int = 10_000) {
        self.database = database
        self.box = box
        self.mostPending = mostPending
    }

    /// - Throws: `StorageError.secretUnreadable` for one that was sealed with another key: ``put(_:)`` and ``delete(_:in:)`` take it away.
    public func find(_ name: String, in registry: String) async throws -> NotificationTarget? {
        try await database.pool.read { db in
            try Row.fetchOne(
                db, sql: "SELECT * FROM notification WHERE registry = ? AND name = ?", arguments: [registry, name]
            ).map(target)
        }
    }

    /// By name, without those that can't be read.
    public func list(in registry: String) async throws -> [NotificationTarget] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM notification WHERE registry = ? ORDER BY name", arguments: [registry]
            ).compactMap(readable)
        }
    }

    /// Those of all registries, without those that can't be read.
    public func all() async throws -> [NotificationTarget] {
        try await database.pool.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM notification ORDER BY sequence").compactMap(readable)
        }
    }

    /// Those that can't be read: they were sealed with another key, and nobody is told of them.
    public func unreadable() async throws -> [(name: String, registry: String)] {
        try await database.pool.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM notification ORDER BY sequence").compactMap { row in
                readable(row) == nil ? (row["name"], row["registry"]) : nil
            }
        }
    }

    /// Writes a target, in place of the one of that name; its deliveries stay, and so does when it was made.
    public func put(_ target: NotificationTarget) async throws {
        let url = try box.seal(target.url.secret.value, for: Self.purpose(of: "url", target.registry, target.name))
        let secret = try box.seal(target.secret.value, for: Self.purpose(of: "secret", target.registry, target.name))
        try await database.pool.write { db in
            try db.execute(
                sql: """
                    INSERT INTO notification (registry, name, url, secret, events, tasks, statuses, isEnabled, problem, createTime, lastChange)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(sequence), 0) FROM runChange))
                    ON CONFLICT (registry, name) DO UPDATE SET url = excluded.url, secret = excluded.secret,
                        events = excluded.events, tasks = excluded.tasks, statuses = excluded.statuses,
                        isEnabled = excluded.isEnabled, problem = excluded.problem
                    """,
                arguments: [
                    target.registry, target.name, url, secret,
                    target.events.map(\.rawValue).sorted().joined(separator: " "),
                    target.tasks?.map(\.text).joined(separator: " "),
                    target.statuses?.map(\.rawValue).sorted().joined(separator: " "), target.isEnabled, target.problem,
                    target.createTime.storedMilliseconds,
                ])
        }
    }

    /// Removes a target with its deliveries.
    ///
    /// - Returns: whether there was one.
    public func delete(_ name: String, in registry: String) async throws -> Bool {
        try await database.pool.write { db in
            try db.execute(
                sql: "DELETE FROM notification WHERE registry = ? AND name = ?", arguments: [registry, name])
            return db.changesCount > 0
        }
    }

    /// Nil for one that can't be read: it is to hold up no other.
    func readable(_ row: Row) -> NotificationTarget? { try? target(row) }

    private func target(_ row: Row) throws -> NotificationTarget {
        let (registry, name): (String, String) = (row["registry"], row["name"])
        let words = { (column: String) in (row[column] as String?)?.split(separator: " ").map(String.init) }
        return NotificationTarget(
            name: name, registry: registry,
            url: try NotificationURL(try box.open(row["url"], for: Self.purpose(of: "url", registry, name))),
            secret: Secret(try box.open(row["secret"], for: Self.purpose(of: "secret", registry, name))),
            events: Set((words("events") ?? []).compactMap(NotificationEvent.init)),
            tasks: try words("tasks")?.map { try NamePattern($0) },
            statuses: words("statuses").map { Set($0.compactMap(RunStatus.init(rawValue:))) },
            isEnabled: row["isEnabled"], problem: row["problem"],
            createTime: Date(storedMilliseconds: row["createTime"]))
    }

    private static func purpose(of column: String, _ registry: String, _ name: String) -> String {
        "notification/\(column)/\(registry)/\(name)".lowercased()
    }
}
