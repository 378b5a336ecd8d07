public import Foundation
import GRDB
public import TaskModel

extension NotificationStore {
    /// An element at once, and one after each change of targets or deliveries.
    public func signals() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        continuation.yield()
        let observation = DatabaseRegionObservation(tracking: Table("notification"), Table("notificationDelivery"))
            .start(in: database.pool, onError: { _ in }, onChange: { _ in continuation.yield() })
        continuation.onTermination = { _ in observation.cancel() }
        return stream
    }

    /// Writes deliveries down, and that a reader of changes has done with all up to a place: both or nothing. What a target was to be told
    /// of a change before is not told again, nor what was before the target.
    public func add(_ notifications: [NewNotification], upTo sequence: Int64, by reader: String, at now: Date)
        async throws
    {
        try await database.pool.write { db in
            for new in notifications {
                try db.execute(
                    sql: """
                        INSERT INTO notificationDelivery (id, target, runChange, event, run, body, createTime, state, nextTime)
                        SELECT ?, sequence, ?, ?, ?, ?, ?, 'pending', ? FROM notification
                        WHERE registry = ? AND name = ? AND lastChange < ?
                        ON CONFLICT (target, runChange) DO NOTHING
                        """,
                    arguments: [
                        UUID().uuidString.lowercased(), new.change.sequence, new.event.rawValue, new.change.run.text,
                        Data(new.body), now.storedMilliseconds, now.storedMilliseconds, new.target.registry,
                        new.target.name, new.change.sequence,
                    ])
            }
            for target in Set(notifications.map(\.target)) { try giveUpSurplus(of: target, db) }
            try RunChangeStore.acknowledge(sequence, by: reader, db)
        }
    }

    /// Writes down a delivery of no change of a run.
    ///
    /// - Returns: false if the target is gone.
    public func add(_ delivery: NotificationDelivery, _ body: [UInt8], to target: NotificationTarget) async throws
        -> Bool
    {
        try await database.pool.write { db in
            try db.execute(
                sql: """
                    INSERT INTO notificationDelivery
                        (id, target, event, run, body, createTime, state, attempts, nextTime, lastTime, lastStatus, lastError)
                    SELECT ?, sequence, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM notification WHERE registry = ? AND name = ?
                    """,
                arguments: [
                    delivery.id, delivery.event, delivery.run?.text, Data(body),
                    delivery.createTime.storedMilliseconds, delivery.state.rawValue, delivery.attempts,
                    delivery.nextTime?.storedMilliseconds, delivery.lastTime?.storedMilliseconds, delivery.lastStatus,
                    delivery.lastError, target.registry, target.name,
                ])
            guard db.changesCount > 0 else { return false }
            try giveUpSurplus(of: target, db)
            return true
        }
    }

    /// The oldest pending delivery of each enabled target that can be read: what is behind it waits, so that a target is told things in
    /// order.
    public func heads() async throws -> [OutgoingNotification] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM (
                        SELECT notification.*,
                            (SELECT min(d.sequence) FROM notificationDelivery AS d
                             WHERE d.state = 'pending' AND d.target = notification.sequence) AS delivery
                        FROM notification WHERE isEnabled)
                    WHERE delivery IS NOT NULL ORDER BY delivery
                    """
            ).compactMap { row in
                guard let target = readable(row),
                    let found = try Row.fetchOne(
                        db, sql: "SELECT * FROM notificationDelivery WHERE sequence = ?",
                        arguments: [row["delivery"] as Int64]), let delivery = Self.delivery(found)
                else { return nil }
                return OutgoingNotification(target: target, delivery: delivery, body: Array(found["body"] as Data))
            }
        }
    }

    /// Writes down what became of an attempt.
    public func note(_ delivery: NotificationDelivery) async throws {
        try await database.pool.write { db in
            try db.execute(
                sql: """
                    UPDATE notificationDelivery
                    SET state = ?, attempts = ?, nextTime = ?, lastTime = ?, lastStatus = ?, lastError = ? WHERE id = ?
                    """,
                arguments: [
                    delivery.state.rawValue, delivery.attempts, delivery.nextTime?.storedMilliseconds,
                    delivery.lastTime?.storedMilliseconds, delivery.lastStatus, delivery.lastError, delivery.id,
                ])
        }
    }

    /// Gives up what a target was to be told before a time.
    ///
    /// - Parameter problem: why, for people.
    public func giveUp(_ target: NotificationTarget, before time: Date, because problem: String) async throws {
        try await database.pool.write { db in try Self.giveUp(target, before: time, because: problem, db) }
    }

    /// Disables a target and gives up all that it was to be told, unless it has another URL by now.
    ///
    /// - Returns: whether it is disabled.
    public func disable(_ target: NotificationTarget, because problem: String) async throws -> Bool {
        try await database.pool.write { db in
            let known = try Row.fetchOne(
                db, sql: "SELECT * FROM notification WHERE registry = ? AND name = ?",
                arguments: [target.registry, target.name])
            guard known.flatMap(readable)?.url == target.url else { return false }
            try db.execute(
                sql: "UPDATE notification SET isEnabled = 0, problem = ? WHERE registry = ? AND name = ?",
                arguments: [problem, target.registry, target.name])
            try Self.giveUp(target, before: .distantFuture, because: problem, db)
            return true
        }
    }

    private static func giveUp(
        _ target: NotificationTarget, before time: Date, because problem: String, _ db: GRDB.Database
    ) throws {
        try db.execute(
            sql: """
                UPDATE notificationDelivery SET state = 'failed', nextTime = NULL, lastError = ?
                WHERE state = 'pending' AND createTime < ?
                    AND target = (SELECT sequence FROM notification WHERE registry = ? AND name = ?)
                """, arguments: [problem, time.storedMilliseconds, target.registry, target.name])
    }

    private func giveUpSurplus(of target: NotificationTarget, _ db: GRDB.Database) throws {
        let surplus = try Row.fetchOne(
            db,
            sql: """
                SELECT target, sequence FROM notificationDelivery
                WHERE state = 'pending'
                    AND target = (SELECT sequence FROM notification WHERE registry = ? AND name = ?)
                ORDER BY sequence DESC LIMIT 1 OFFSET ?
                """, arguments: [target.registry, target.name, mostPending])
        guard let surplus else { return }
        try db.execute(
            sql: """
                UPDATE notificationDelivery SET state = 'failed', nextTime = NULL, lastError = ?
                WHERE state = 'pending' AND target = ? AND sequence <= ?
                """,
            arguments: [
                "Not sent, since more than \(mostPending) waited for this target.", surplus["target"] as Int64,
                surplus["sequence"] as Int64,
            ])
    }

    /// Newest first.
    public func deliveries(of target: NotificationTarget, limit: Int) async throws -> [NotificationDelivery] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM notificationDelivery
                    WHERE target = (SELECT sequence FROM notification WHERE registry = ? AND name = ?)
                    ORDER BY sequence DESC LIMIT ?
                    """, arguments: [target.registry, target.name, limit]
            ).compactMap(Self.delivery)
        }
    }

    /// A delivery to a target with its body; nil if there is none of that id.
    public func delivery(_ id: String, to target: NotificationTarget) async throws -> OutgoingNotification? {
        try await database.pool.read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT * FROM notificationDelivery
                    WHERE id = ? AND target = (SELECT sequence FROM notification WHERE registry = ? AND name = ?)
                    """, arguments: [id, target.registry, target.name]
            ).flatMap { row in
                Self.delivery(row).map {
                    OutgoingNotification(target: target, delivery: $0, body: Array(row["body"] as Data))
                }
            }
        }
    }

    /// Others write in between.
    private static let removedAtOnce = 1000

    /// Forgets deliveries that were made before a time.
    public func removeDeliveries(before time: Date) async throws {
        var removed = 0
        repeat {
            removed = try await database.pool.write { db in
                try db.execute(
                    sql: """
                        DELETE FROM notificationDelivery WHERE sequence IN (
                            SELECT sequence FROM notificationDelivery WHERE createTime < ? LIMIT ?)
                        """, arguments: [time.storedMilliseconds, Self.removedAtOnce])
                return db.changesCount
            }
        } while removed == Self.removedAtOnce
    }

    /// Nil for a state that this version does not know.
    private static func delivery(_ row: Row) -> NotificationDelivery? {
        guard let state = NotificationDelivery.State(rawValue: row["state"]) else { return nil }
        func time(_ column: String) -> Date? { (row[column] as Int64?).map(Date.init(storedMilliseconds:)) }
        var delivery = NotificationDelivery(
            id: row["id"], event: row["event"], run: (row["run"] as String?).flatMap { RunID($0) },
            createTime: Date(storedMilliseconds: row["createTime"]))
        delivery.state = state
        delivery.attempts = row["attempts"]
        delivery.nextTime = time("nextTime")
        delivery.lastTime = time("lastTime")
        delivery.lastStatus = row["lastStatus"]
        delivery.lastError = row["lastError"]
        return delivery
    }
}
