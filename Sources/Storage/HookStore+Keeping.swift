public import Foundation
import GRDB
public import TaskModel

/// A hook that is to go from its forge, with what that needs: its task may be gone.
public struct HookRemoval: Sendable, Hashable {
    /// The hook's.
    public let id: String
    public let repositoryURL: String
    /// Where it calls.
    public let url: String
    /// Nil if it is not known whether it ever came to be.
    public let remoteID: String?
    public let token: Secret
    /// When it is given up.
    public let endTime: Date

    public init(id: String, repositoryURL: String, url: String, remoteID: String?, token: Secret, endTime: Date) {
        self.id = id
        self.repositoryURL = repositoryURL
        self.url = url
        self.remoteID = remoteID
        self.token = token
        self.endTime = endTime
    }
}

extension HookStore {
    private static let removalPurpose = "hook-removal"

    /// Writes a hook unless its trigger has one.
    ///
    /// - Parameter replacesUnreadable: whether one that can't be read any more gives way to it.
    public func add(_ hook: Hook, replacesUnreadable: Bool = false) async throws {
        let secret = try box.seal(hook.secret.value, for: Self.purpose)
        try await database.pool.write { db in
            let known = try Row.fetchOne(
                db, sql: "SELECT * FROM hook WHERE registry = ? AND task = ? AND trigger = ?",
                arguments: [hook.registry, hook.task, hook.trigger])
            if let known {
                guard replacesUnreadable, try self.hook(known) == nil else { return }
                try db.execute(sql: "DELETE FROM hook WHERE id = ?", arguments: [known["id"] as String])
            }
            try db.execute(
                sql: """
                    INSERT INTO hook (id, kind, registry, task, trigger, repositoryURL, secret, standing, problem)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    hook.id, hook.kind.rawValue, hook.registry, hook.task, hook.trigger, hook.repositoryURL, secret,
                    hook.standing.rawValue, hook.problem,
                ])
        }
    }

    /// Writes how a hook stands.
    ///
    /// - Returns: false if it is gone.
    public func note(_ hook: Hook) async throws -> Bool {
        let token = try hook.token.map { try box.seal($0.value, for: Self.tokenPurpose) }
        return try await database.pool.write { db in
            try db.execute(
                sql: "UPDATE hook SET standing = ?, remoteID = ?, token = ?, problem = ?, checkTime = ? WHERE id = ?",
                arguments: [
                    hook.standing.rawValue, hook.remoteID, token, hook.problem, hook.checkTime?.storedMilliseconds,
                    hook.id,
                ])
            return db.changesCount > 0
        }
    }

    /// Notes what is wrong with a trigger's hook, or with the token that it shares.
    public func noteProblem(_ problem: String, of trigger: String, task: String, in registry: String) async throws {
        try await database.pool.write { db in
            try db.execute(
                sql: "UPDATE hook SET problem = ? WHERE registry = ? AND task = ? AND trigger = ?",
                arguments: [problem, registry, task, trigger])
        }
    }

    /// Removes a hook here; what is left to do at the forge is written in the same transaction.
    public func remove(_ id: String, leaving removal: HookRemoval?) async throws {
        let token = try removal.map { try box.seal($0.token.value, for: Self.removalPurpose) }
        try await database.pool.write { db in
            try db.execute(sql: "DELETE FROM hook WHERE id = ?", arguments: [id])
            guard let removal, let token else { return }
            try db.execute(
                sql: """
                    INSERT INTO hookRemoval (id, repositoryURL, url, remoteID, token, endTime) VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET remoteID = coalesce(excluded.remoteID, remoteID)
                    """,
                arguments: [
                    removal.id, removal.repositoryURL, removal.url, removal.remoteID, token,
                    removal.endTime.storedMilliseconds,
                ])
        }
    }

    /// Those whose tokens can be read.
    public func removals() async throws -> [HookRemoval] {
        try await database.pool.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM hookRemoval ORDER BY endTime").compactMap { row in
                try ifReadable {
                    HookRemoval(
                        id: row["id"], repositoryURL: row["repositoryURL"], url: row["url"], remoteID: row["remoteID"],
                        token: Secret(try box.open(row["token"], for: Self.removalPurpose)),
                        endTime: Date(storedMilliseconds: row["endTime"]))
                }
            }
        }
    }

    /// The hook is gone from its forge, or given up.
    public func finishRemoval(_ id: String) async throws {
        try await database.pool.write { db in
            try db.execute(sql: "DELETE FROM hookRemoval WHERE id = ?", arguments: [id])
        }
    }
}
