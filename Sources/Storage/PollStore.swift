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
        /// When it is looked at next.
        public let nextTime: Date
        /// How often in a row it was looked at in vain.
        public let failures: Int
        /// When a look found last what no hook had told.
        public let missTime: Date?
    }

    /// When some watches of a repository are looked at next.
    public struct Plan: Sendable, Hashable {
        public let watches: [Watch]
        public let time: Date
        public let failures: Int

        public init(_ watches: [Watch], at time: Date, failures: Int) {
            self.watches = watches
            self.time = time
            self.failures = failures
        }
    }

    let database: Database

    public init(database: Database) {
        self.database = database
    }

    // MARK: When

    /// The addresses of repositories that are to be looked at, the longest due first.
    ///
    /// - Parameters:
    ///   - addresses: these are left out.
    ///   - hosts: those at these are left out.
    public func due(at now: Date, limit: Int, besides addresses: [String] = [], hosts: [String] = []) async throws
        -> [String]
    {
        let values: StatementArguments = StatementArguments(addresses) + StatementArguments(hosts)
        let marks = [addresses, hosts].map { $0.map { _ in "?" }.joined(separator: ", ") }
        return try await database.pool.read { db in
            let time: StatementArguments = [now.storedMilliseconds]
            let most: StatementArguments = [limit]
            return try String.fetchAll(
                db,
                sql: """
                    SELECT address FROM repository WHERE nextTime <= ? AND address NOT IN (\(marks[0]))
                        AND substr(address, 1, instr(address, '/') - 1) NOT IN (\(marks[1]))
                    ORDER BY nextTime LIMIT ?
                    """, arguments: time + values + most)
        }
    }

    /// Says when a repository is looked at next, by the first of those who watch it. One that nobody watches any more is forgotten.
    ///
    /// - Parameters:
    ///   - rest: for those who were due as well.
    ///   - began: when the look began: a task that was written since has it looked at once more at once.
    public func plan(_ plans: [Plan], rest: Date, of repository: String, lookedAt began: Date) async throws {
        let began = began.storedMilliseconds
        let isUnchanged = "NOT (changeTime >= ? AND coalesce(lastTime, 0) < ?)"
        try await database.pool.write { db in
            try db.execute(
                sql: "UPDATE sourceWatch SET nextTime = ? WHERE repository = ? AND nextTime <= ? AND \(isUnchanged)",
                arguments: [rest.storedMilliseconds, repository, began, began, began])
            for plan in plans {
                for watch in plan.watches {
                    try db.execute(
                        sql: """
                            UPDATE sourceWatch SET nextTime = ?, failures = ?
                            WHERE registry = ? AND task = ? AND trigger = ? AND repository = ? AND \(isUnchanged)
                            """,
                        arguments: [
                            plan.time.storedMilliseconds, plan.failures, watch.registry, watch.task, watch.trigger,
                            repository, began, began,
                        ])
                }
            }
            let next = try Int64.fetchOne(
                db, sql: "SELECT min(nextTime) FROM sourceWatch WHERE repository = ?", arguments: [repository])
            try db.execute(
                sql: next == nil
                    ? "DELETE FROM repository WHERE address = ?"
                    : "UPDATE repository SET nextTime = ? WHERE address = ?",
                arguments: next.map { [$0, repository] as StatementArguments } ?? [repository])
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

    /// Those of a task.
    public func watches(of task: String, in registry: String) async throws -> [Watch] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM sourceWatch WHERE registry = ? AND task = ?", arguments: [registry, task]
            ).map(Self.watch)
        }
    }

    /// The commits that were seen last, by the full names of refs.
    ///
    /// - Returns: nil before the first look.
    public func seen(by watch: Watch) async throws -> [String: String]? {
        try await database.pool.read { db in
            let hasLooked = try Bool.fetchOne(
                db, sql: "SELECT hasLooked FROM sourceWatch WHERE registry = ? AND task = ? AND trigger = ?",
                arguments: [watch.registry, watch.task, watch.trigger])
            guard hasLooked == true else { return nil }
            return Dictionary(
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
    ///   - isFirst: whether it is the first look, as ``seen(by:)`` told before it.
    ///   - problem: why something is still to be done, for people.
    ///   - isMiss: whether something had to be done, of which no hook had told.
    public func note(
        _ commits: [String: String?], seenBy watch: Watch, isFirst: Bool, problem: String?, isMiss: Bool = false,
        at now: Date
    ) async throws {
        try await database.pool.write { db in
            try db.execute(
                sql: """
                    UPDATE sourceWatch SET hasLooked = 1, lastTime = ?, problem = ?, missTime = coalesce(?, missTime)
                    WHERE registry = ? AND task = ? AND trigger = ? AND repository = ? AND hasLooked = ?
                    """,
                arguments: [
                    now.storedMilliseconds, problem, isMiss ? now.storedMilliseconds : nil, watch.registry, watch.task,
                    watch.trigger, watch.repository, !isFirst,
                ])
            // The watch is another one by now: of a task that was removed, or rested, or has another repository.
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
            problem: row["problem"], nextTime: Date(storedMilliseconds: row["nextTime"]), failures: row["failures"],
            missTime: (row["missTime"] as Int64?).map(Date.init(storedMilliseconds:)))
    }

    // MARK: What hooks tell

    /// Notes a push that was acted on as seen, if what was there before it was seen last.
    static func advance(
        _ push: SeenPush, for trigger: String, of task: String, in registry: String, _ db: GRDB.Database
    ) throws {
        guard let before = push.before else {
            try db.execute(
                sql: """
                    INSERT OR IGNORE INTO seenRef (registry, task, trigger, name, sha)
                    SELECT registry, task, trigger, ?, ? FROM sourceWatch
                    WHERE registry = ? AND task = ? AND trigger = ? AND hasLooked = 1
                    """, arguments: [push.ref, push.after, registry, task, trigger])
            return
        }
        try db.execute(
            sql: """
                UPDATE seenRef SET sha = ? WHERE registry = ? AND task = ? AND trigger = ? AND name = ? AND sha = ?
                """, arguments: [push.after, registry, task, trigger, push.ref, before])
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
                    ON CONFLICT (registry, task, trigger) DO UPDATE SET changeTime = excluded.changeTime, nextTime = 0
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
