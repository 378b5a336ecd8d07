public import Foundation
import GRDB
public import TaskModel

/// Which repositories are looked at from time to time, when, and what was seen there.
public struct PollStore: Sendable {
    /// A source trigger that watches a repository.
    public struct Watch: Sendable, Hashable {
        public let registry: String
        public let task: String
        public let trigger: String
        /// `host/path`; see ``RepositoryAddress``.
        public let repository: String
        /// Whether it was looked at once: the first look only notes what is there.
        public let hasLooked: Bool
        public let lastTime: Date?
        /// Why the last look was in vain, for people.
        public let problem: String?
    }

    /// A repository that is to be looked at.
    public struct Repository: Sendable, Hashable {
        /// `host/path`
        public let address: String
        /// How often in a row it was looked at in vain.
        public let failures: Int
    }

    let database: Database

    public init(database: Database) {
        self.database = database
    }

    // MARK: When

    /// The longest due first.
    public func due(at now: Date, limit: Int) async throws -> [Repository] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db, sql: "SELECT address, failures FROM repository WHERE nextTime <= ? ORDER BY nextTime LIMIT ?",
                arguments: [now.storedMilliseconds, limit]
            ).map { Repository(address: $0["address"], failures: $0["failures"]) }
        }
    }

    /// Says when a repository is looked at next. One that nobody watches any more is forgotten.
    ///
    /// - Parameter began: when the look began: a task that was written since has it looked at once more at once.
    public func setNextTime(_ time: Date, failures: Int, of repository: String, lookedAt began: Date) async throws {
        try await database.pool.write { db in
            try db.execute(
                sql: """
                    UPDATE repository SET nextTime = ?, failures = ? WHERE address = ? AND NOT EXISTS
                        (SELECT 1 FROM sourceWatch
                            WHERE repository = ? AND changeTime >= ? AND coalesce(lastTime, 0) < ?)
                    """,
                arguments: [
                    time.storedMilliseconds, failures, repository, repository, began.storedMilliseconds,
                    began.storedMilliseconds,
                ])
            try db.execute(
                sql: """
                    DELETE FROM repository WHERE address = ? AND NOT EXISTS
                        (SELECT 1 FROM sourceWatch WHERE repository = ?)
                    """, arguments: [repository, repository])
        }
    }

    // MARK: For whom, and what was seen

    public func watches(of repository: String) async throws -> [Watch] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM sourceWatch WHERE repository = ? ORDER BY registry, task, trigger",
                arguments: [repository]
            ).map(Self.watch)
        }
    }

    /// Those of a task, with the time of the next look.
    public func watches(of task: String, in registry: String) async throws -> [(watch: Watch, nextTime: Date?)] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT sourceWatch.*, repository.nextTime FROM sourceWatch
                    LEFT JOIN repository ON repository.address = sourceWatch.repository
                    WHERE registry = ? AND task = ?
                    """, arguments: [registry, task]
            ).map { (Self.watch($0), ($0["nextTime"] as Int64?).map(Date.init(storedMilliseconds:))) }
        }
    }

    /// The commits that were seen last, by the full names of refs.
    public func seen(by watch: Watch) async throws -> [String: String] {
        try await database.pool.read { db in
            Dictionary(
                try Row.fetchAll(
                    db, sql: "SELECT name, sha FROM seenRef WHERE registry = ? AND task = ? AND trigger = ?",
                    arguments: [watch.registry, watch.task, watch.trigger]
                ).map { ($0["name"] as String, $0["sha"] as String) }
            ) { first, _ in first }
        }
    }

    /// Notes what a look has found, and that what follows from it was done.
    ///
    /// - Parameters:
    ///   - commits: by the full names of refs; nil for one that is gone.
    ///   - problem: why something is still to be done, for people.
    public func note(_ commits: [String: String?], seenBy watch: Watch, problem: String?, at now: Date) async throws {
        try await database.pool.write { db in
            try db.execute(
                sql: """
                    UPDATE sourceWatch SET hasLooked = 1, lastTime = ?, problem = ?
                    WHERE registry = ? AND task = ? AND trigger = ? AND repository = ?
                    """,
                arguments: [
                    now.storedMilliseconds, problem, watch.registry, watch.task, watch.trigger, watch.repository,
                ])
            // The task was written anew meanwhile, with another repository.
            guard db.changesCount > 0 else { return }
            for (name, commit) in commits {
                guard let commit else {
                    try db.execute(
                        sql: "DELETE FROM seenRef WHERE registry = ? AND task = ? AND trigger = ? AND name = ?",
                        arguments: [watch.registry, watch.task, watch.trigger, name])
                    continue
                }
                try db.execute(
                    sql: """
                        INSERT INTO seenRef (registry, task, trigger, name, sha) VALUES (?, ?, ?, ?, ?)
                        ON CONFLICT (registry, task, trigger, name) DO UPDATE SET sha = excluded.sha
                        """, arguments: [watch.registry, watch.task, watch.trigger, name, commit])
            }
        }
    }

    /// Notes that a look was in vain.
    public func note(_ problem: String, of watch: Watch, at now: Date) async throws {
        try await database.pool.write { db in
            try db.execute(
                sql: "UPDATE sourceWatch SET lastTime = ?, problem = ? WHERE registry = ? AND task = ? AND trigger = ?",
                arguments: [now.storedMilliseconds, problem, watch.registry, watch.task, watch.trigger])
        }
    }

    private static func watch(_ row: Row) -> Watch {
        Watch(
            registry: row["registry"], task: row["task"], trigger: row["trigger"], repository: row["repository"],
            hasLooked: row["hasLooked"], lastTime: (row["lastTime"] as Int64?).map(Date.init(storedMilliseconds:)),
            problem: row["problem"])
    }

    // MARK: The index of tasks

    /// A trigger that watches another repository now, or that rested, begins anew.
    static func put(_ task: TaskDefinition, in registry: String, _ db: GRDB.Database) throws {
        let changeTime = task.changed.at.storedMilliseconds
        var wanted: [String: String] = [:]
        for trigger in task.isEnabled ? task.triggers.source : [] where trigger.isEnabled {
            guard trigger.events.contains(where: { $0.lowercased() == "commit" }),
                let address = RepositoryAddress(trigger.repositoryURL)
            else { continue }
            wanted[trigger.name.lowercased()] = "\(address)"
        }
        var known: [String: Int64] = [:]
        for row in try Row.fetchAll(
            db, sql: "SELECT trigger, repository, changeTime FROM sourceWatch WHERE registry = ? AND task = ?",
            arguments: [registry, task.name])
        {
            let name = (row["trigger"] as String).lowercased()
            if wanted[name] == row["repository"] {
                known[name] = row["changeTime"]
            } else {
                try db.execute(
                    sql: "DELETE FROM sourceWatch WHERE registry = ? AND task = ? AND trigger = ?",
                    arguments: [registry, task.name, name])
            }
        }
        for (name, address) in wanted where known[name] != changeTime {
            try db.execute(
                sql: """
                    INSERT INTO sourceWatch (registry, task, trigger, repository, changeTime) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (registry, task, trigger) DO UPDATE SET changeTime = excluded.changeTime
                    """, arguments: [registry, task.name, name, address, changeTime])
            try db.execute(
                sql: """
                    INSERT INTO repository (address, nextTime) VALUES (?, 0)
                    ON CONFLICT (address) DO UPDATE SET nextTime = 0
                    """, arguments: [address])
        }
    }

    static func remove(_ task: String, of registry: String, _ db: GRDB.Database) throws {
        try db.execute(sql: "DELETE FROM sourceWatch WHERE registry = ? AND task = ?", arguments: [registry, task])
    }
}
