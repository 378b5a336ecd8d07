public import Foundation
import GRDB
import TaskModel

/// The ledger of what was sent to hooks.
public struct DeliveryStore: Sendable {
    static let columns =
        "id, hook, kind, registry, task, trigger, deliveryID, time, state, attempts, nextTime, outcome, runs, approvedCommit, version"

    let database: Database
    let reserve: DiskReserve?

    /// - Parameter reserve: what must stay free on the disk; below it no delivery is taken.
    public init(database: Database, reserve: DiskReserve? = nil) {
        self.database = database
        self.reserve = reserve
    }

    /// Writes deliveries, all in one transaction. What came before is not written again.
    ///
    /// - Returns: in the same order each as it is stored now, and whether it is new.
    public func add(_ deliveries: [NewDelivery], at now: Date) async throws -> [(delivery: Delivery, isNew: Bool)] {
        try reserve?.check()
        let texts = try deliveries.map { String(decoding: try JSONEncoder().encode($0.headers), as: UTF8.self) }
        return try await database.pool.write { db in
            let insertion = try db.makeStatement(
                sql: """
                    INSERT INTO delivery (hook, kind, registry, task, trigger, deliveryID, time, nextTime, headers, body)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (hook, deliveryID) DO NOTHING
                    """)
            let time = now.storedMilliseconds
            for id in Set(deliveries.map(\.hook.id)) { try HookStore.noteDelivery(id, at: now, db) }
            return try zip(deliveries, texts).map { delivery, headers in
                let hook = delivery.hook
                try insertion.execute(arguments: [
                    hook.id, hook.kind.rawValue, hook.registry, hook.task, hook.trigger, delivery.deliveryID, time,
                    time, headers, Data(delivery.body),
                ])
                let isNew = db.changesCount > 0
                guard
                    let row = try Row.fetchOne(
                        db.cachedStatement(
                            sql: "SELECT \(Self.columns) FROM delivery WHERE hook = ? AND deliveryID = ?"),
                        arguments: [hook.id, delivery.deliveryID]),
                    let stored = Self.delivery(row)
                else { throw StorageError.io(action: "store a delivery", reason: "its row is gone") }
                return (stored, isNew)
            }
        }
    }

    // MARK: Working on them

    /// A hook with deliveries that are to be worked on.
    public struct WaitingHook: Sendable, Hashable {
        public let id: String
        /// Empty for a hook that is gone.
        public let registry: String
        /// As in ``Hook/repositoryURL``; empty for a hook that is gone.
        public let repositoryURL: String
    }

    /// The hooks of which deliveries are to be worked on now, that with the longest due one first.
    public func waitingHooks(at now: Date) async throws -> [WaitingHook] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT waiting.hook, coalesce(hook.registry, '') AS registry,
                        coalesce(hook.repositoryURL, '') AS repositoryURL
                    FROM (SELECT hook, min(nextTime) AS first FROM delivery
                        WHERE state = 'pending' AND nextTime <= ? GROUP BY hook) AS waiting
                    LEFT JOIN hook ON hook.id = waiting.hook ORDER BY waiting.first
                    """, arguments: [now.storedMilliseconds]
            ).map { WaitingHook(id: $0["hook"], registry: $0["registry"], repositoryURL: $0["repositoryURL"]) }
        }
    }

    /// Those to a hook that are to be worked on now, in the order in which they are due.
    public func due(of hook: String, at now: Date, limit: Int) async throws -> [Delivery] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT \(Self.columns) FROM delivery WHERE hook = ? AND state = 'pending' AND nextTime <= ?
                    ORDER BY nextTime, id LIMIT ?
                    """, arguments: [hook, now.storedMilliseconds, limit]
            ).compactMap(Self.delivery)
        }
    }

    /// When the next one is due that is not due yet; nil if none waits for a time.
    public func nextTime(after now: Date) async throws -> Date? {
        try await database.pool.read { db in
            try Int64.fetchOne(
                db, sql: "SELECT min(nextTime) FROM delivery WHERE state = 'pending' AND nextTime > ?",
                arguments: [now.storedMilliseconds]
            ).map(Date.init(storedMilliseconds:))
        }
    }

    /// Nil if it is gone.
    public func content(of id: Int64) async throws -> DeliveryContent? {
        try await database.pool.read { db in
            try Row.fetchOne(db, sql: "SELECT headers, body FROM delivery WHERE id = ?", arguments: [id]).map { row in
                let headers = try JSONDecoder().decode(
                    [String: String].self, from: Data((row["headers"] as String).utf8))
                return DeliveryContent(headers: headers, body: Array(row["body"] as Data))
            }
        }
    }

    /// What became of a delivery.
    public enum Ending: Sendable, Hashable {
        /// What it told need not be found by a look.
        case done(String, runs: [String], pushes: [SeenPush] = [])
        /// It is worked on again then.
        case postponed(until: Date, because: String)
        case failed(String)
    }

    /// Records what became of deliveries, all in one transaction. One that was replayed since it was read stays as it is.
    public func end(_ endings: [(delivery: Delivery, ending: Ending)]) async throws {
        try await database.pool.write { db in
            for (delivery, ending) in endings { try Self.end(delivery, ending, db) }
        }
    }

    private static func end(_ delivery: Delivery, _ ending: Ending, _ db: GRDB.Database) throws {
        let change: String
        let values: StatementArguments
        switch ending {
        case .done(let text, let runs, _):
            change = "state = 'done', nextTime = NULL, outcome = ?, runs = ?"
            values = [text, runs.joined(separator: " ")]
        case .postponed(let time, let reason):
            change = "attempts = attempts + 1, nextTime = ?, outcome = ?"
            values = [time.storedMilliseconds, reason]
        case .failed(let reason):
            change = "state = 'failed', attempts = attempts + 1, nextTime = NULL, outcome = ?"
            values = [reason]
        }
        try db.cachedStatement(sql: "UPDATE delivery SET \(change) WHERE id = ? AND version = ?")
            .execute(arguments: values + [delivery.id, delivery.version])
        guard db.changesCount > 0, case .done(_, _, let pushes) = ending else { return }
        for push in pushes {
            try PollStore.advance(push, for: delivery.trigger, of: delivery.task, in: delivery.registry, db)
        }
    }

    // MARK: Looking

    public func find(_ id: Int64, in registry: String) async throws -> Delivery? {
        try await database.pool.read { db in
            try Row.fetchOne(
                db, sql: "SELECT \(Self.columns) FROM delivery WHERE id = ? AND registry = ?",
                arguments: [id, registry]
            ).flatMap(Self.delivery)
        }
    }

    /// Newest first.
    ///
    /// - Parameter task: nil for those of all tasks, and of the registry itself.
    public func list(in registry: String, task: String?, limit: Int) async throws -> [Delivery] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db,
                sql: task == nil
                    ? "SELECT \(Self.columns) FROM delivery WHERE registry = ? ORDER BY id DESC LIMIT ?"
                    : "SELECT \(Self.columns) FROM delivery WHERE registry = ? AND task = ? ORDER BY id DESC LIMIT ?",
                arguments: task.map { [registry, $0, limit] } ?? [registry, limit]
            ).compactMap(Self.delivery)
        }
    }

    /// Has a delivery worked on once more, from the beginning.
    ///
    /// - Parameter commit: that of a stranger, which may run now; nil to leave that as it is.
    /// - Returns: nil if there is none.
    public func replay(_ id: Int64, in registry: String, approving commit: String? = nil, at now: Date) async throws
        -> Delivery?
    {
        try await database.pool.write { db in
            try db.execute(
                sql: """
                    UPDATE delivery SET state = 'pending', attempts = 0, nextTime = ?, version = version + 1,
                        approvedCommit = coalesce(?, approvedCommit)
                    WHERE id = ? AND registry = ?
                    """, arguments: [now.storedMilliseconds, commit, id, registry])
            return try Row.fetchOne(
                db, sql: "SELECT \(Self.columns) FROM delivery WHERE id = ? AND registry = ?",
                arguments: [id, registry]
            ).flatMap(Self.delivery)
        }
    }

    /// Forgets what came before a time, whatever became of it.
    ///
    /// - Returns: how many went.
    public func remove(before time: Date) async throws -> Int {
        try await database.pool.write { db in
            try db.execute(sql: "DELETE FROM delivery WHERE time < ?", arguments: [time.storedMilliseconds])
            return db.changesCount
        }
    }

    /// Nil for what this version does not know.
    private static func delivery(_ row: Row) -> Delivery? {
        guard let kind = HookKind(rawValue: row["kind"]), let state = Delivery.State(rawValue: row["state"]) else {
            return nil
        }
        return Delivery(
            id: row["id"], hook: row["hook"], kind: kind, registry: row["registry"], task: row["task"],
            trigger: row["trigger"], deliveryID: row["deliveryID"], time: Date(storedMilliseconds: row["time"]),
            state: state, attempts: row["attempts"],
            nextTime: (row["nextTime"] as Int64?).map(Date.init(storedMilliseconds:)), outcome: row["outcome"],
            runs: (row["runs"] as String).split(separator: " ").map(String.init),
            approvedCommit: row["approvedCommit"], version: row["version"])
    }
}
