import Crypto
import Foundation
import GRDB
import TaskModel
import Testing

@testable import Storage

struct NotificationStoreTests {
    private static let reader = "notifications"

    private func withNotifications(
        mostPending: Int = 100,
        _ body: (NotificationStore, SQLiteRunStore, RunChangeStore, String) async throws -> Void
    )
        async throws
    {
        try await withStore { runs, database, folder async throws in
            try await body(
                NotificationStore(database: database, box: SecretBox(key: TestData.key), mostPending: mostPending),
                runs,
                RunChangeStore(database: database), folder)
        }
    }

    private func target(_ name: String, at now: Date = TestData.now) throws -> NotificationTarget {
        NotificationTarget(
            name: name, registry: "local01", url: try NotificationURL("https://me:\(TestData.secret)@h.test/a"),
            secret: Secret("signing-\(TestData.secret)"), events: [.queued, .finished], tasks: [try NamePattern("a*")],
            statuses: [.failed], createTime: now)
    }

    /// Deliveries of all changes that the reader has not done with, to all targets.
    private func record(_ store: NotificationStore, _ changes: RunChangeStore, limit: Int = 100) async throws {
        let batch = try await changes.changes(for: Self.reader, limit: limit)
        let last = try #require(batch.last)
        var new: [NewNotification] = []
        for target in try await store.all() {
            new += batch.map { NewNotification(to: target, of: $0, event: .queued, body: Array("\($0.run)".utf8)) }
        }
        try await store.add(new, upTo: last.sequence, by: Self.reader, at: TestData.now)
    }

    @Test func `a target is kept with all that it says, and replaced`() async throws {
        try await withNotifications { store, _, _, _ async throws in
            var target = try target("One")
            try await store.put(target)

            #expect(try await store.find("ONE", in: "Local01") == target)
            #expect(try await store.find("one", in: "other01") == nil)
            target.events = [.started]
            (target.tasks, target.statuses, target.isEnabled) = (nil, nil, false)
            target.problem = "gone"
            try await store.put(target)
            #expect(try await store.list(in: "local01") == [target])
            #expect(try await store.delete("one", in: "other01") == false)
            #expect(try await store.delete("one", in: "local01"))
            #expect(try await store.all() == [])
        }
    }

    @Test func `S20 URLs and secrets are not in the file in the clear`() async throws {
        try await withNotifications { store, _, _, folder async throws in
            try await store.put(try target("one"))

            let bytes = try FileManager.default.contentsOfDirectory(atPath: folder).map {
                try Data(contentsOf: URL(fileURLWithPath: folder + "/" + $0))
            }.reduce(Data(), +)
            #expect(bytes.range(of: Data(TestData.secret.utf8)) == nil)
        }
    }

    @Test func `N5 a change is told once, whatever the reader had written down before its end`() async throws {
        try await withNotifications { store, runs, changes, folder async throws in
            try await store.put(try target("one"))
            try await runs.enqueueTest()
            try await record(store, changes)

            #expect(try await changes.changes(for: Self.reader, limit: 10) == [])
            // As if its place had not been kept.
            let raw = try DatabaseQueue(path: folder + "/slipway.sqlite")
            try await raw.write { try $0.execute(sql: "DELETE FROM runChangeReader") }
            try await record(store, changes)

            let target = try #require(try await store.find("one", in: "local01"))
            #expect(try await store.deliveries(of: target, limit: 10).map(\.run?.text) == ["ca1"])
        }
    }

    @Test func `the oldest pending delivery of each enabled target comes first`() async throws {
        try await withNotifications { store, runs, changes, _ async throws in
            for name in ["one", "two"] { try await store.put(try target(name)) }
            for _ in 1...3 { try await runs.enqueueTest() }
            try await record(store, changes)

            var heads = try await store.heads()
            #expect(heads.map(\.target.name) == ["one", "two"])
            #expect(heads.map { String(decoding: $0.body, as: UTF8.self) } == ["ca1", "ca1"])
            var delivery = heads[0].delivery
            delivery.note(status: 200, error: nil, at: TestData.now)
            try await store.note(delivery)
            var two = try target("two")
            two.isEnabled = false
            try await store.put(two)

            heads = try await store.heads()
            #expect(heads.map(\.delivery.run?.text) == ["ca2"])
            let all = try await store.deliveries(of: try target("one"), limit: 2)
            #expect(all.map(\.run?.text) == ["ca3", "ca2"])
            #expect(try await store.deliveries(of: try target("one"), limit: 9).last == delivery)
        }
    }

    @Test func `of more than may wait for a target the oldest is given up`() async throws {
        try await withNotifications(mostPending: 2) { store, runs, changes, _ async throws in
            for name in ["one", "two"] { try await store.put(try target(name)) }
            for _ in 1...4 { try await runs.enqueueTest() }

            try await record(store, changes)

            for name in ["one", "two"] {
                let deliveries = try await store.deliveries(of: try target(name), limit: 9)
                #expect(deliveries.map(\.state) == [.pending, .pending, .failed, .failed])
                #expect(deliveries.last?.lastError?.contains("more than 2") == true)
            }
            #expect(try await store.heads().map(\.delivery.run?.text) == ["ca3", "ca3"])
        }
    }

    @Test func `a target that is disabled for good is told nothing that waited`() async throws {
        try await withNotifications { store, runs, changes, _ async throws in
            for name in ["one", "two"] { try await store.put(try target(name)) }
            try await runs.enqueueTest()
            try await record(store, changes)

            let isDisabled = try await store.disable(try target("one"), because: "gone")

            #expect(isDisabled)
            #expect(try await store.find("one", in: "local01")?.problem == "gone")
            #expect(try await store.deliveries(of: try target("one"), limit: 9).map(\.state) == [.failed])
            #expect(try await store.heads().map(\.target.name) == ["two"])
        }
    }

    @Test func `a target that has another URL by now is not disabled because of the one before`() async throws {
        try await withNotifications { store, runs, changes, _ async throws in
            let called = try target("one")
            try await store.put(called)
            try await runs.enqueueTest()
            try await record(store, changes)
            var moved = called
            moved.url = try NotificationURL("https://h.test/b")
            try await store.put(moved)

            let isDisabled = try await store.disable(called, because: "gone")

            #expect(!isDisabled)
            #expect(try await store.find("one", in: "local01") == moved)
            #expect(try await store.heads().count == 1)
        }
    }

    @Test func `a target that can't be read holds up no other, and is removed and replaced`() async throws {
        try await withNotifications { store, runs, changes, _ async throws in
            let lost = NotificationStore(
                database: store.database, box: SecretBox(key: SymmetricKey(data: Data(repeating: 8, count: 32))))
            for name in ["one", "three"] { try await lost.put(try target(name)) }
            try await runs.enqueueTest()
            try await record(lost, changes)
            try await store.put(try target("two"))
            try await runs.enqueueTest()
            try await record(store, changes)

            #expect(try await store.all().map(\.name) == ["two"])
            #expect(try await store.list(in: "local01").map(\.name) == ["two"])
            #expect(try await store.heads().map(\.target.name) == ["two"])
            #expect(try await store.unreadable().map(\.name) == ["one", "three"])
            await #expect(throws: StorageError.secretUnreadable) { try await store.find("one", in: "local01") }
            try await store.put(try target("one"))
            #expect(try await store.find("one", in: "local01") == target("one"))
            #expect(try await store.delete("three", in: "local01"))
            #expect(try await store.unreadable().isEmpty)
        }
    }

    @Test func `F8 a target is told what comes after it was made, whatever the clock says`() async throws {
        try await withNotifications { store, runs, changes, _ async throws in
            try await runs.enqueueTest()
            try await store.put(try target("one", at: TestData.now + 86_400))
            try await runs.enqueueTest()

            try await record(store, changes)

            #expect(try await store.deliveries(of: try target("one"), limit: 9).map(\.run?.text) == ["ca2"])
        }
    }

    @Test func `F8 what was tried by a clock that was ahead is due again`() {
        let now = TestData.now
        var delivery = NotificationDelivery(event: "queued", run: nil, createTime: now)
        delivery.note(status: 500, error: "no", at: now + 60, nextTime: now + 90)

        #expect([59.0, 61, 89, 90].map { delivery.isDue(at: now + $0) } == [true, false, false, true])
    }

    @Test func `deliveries go with their target, and after some time`() async throws {
        try await withNotifications { store, runs, changes, _ async throws in
            for name in ["one", "two"] { try await store.put(try target(name)) }
            try await runs.enqueueTest()
            try await record(store, changes)

            _ = try await store.delete("one", in: "local01")
            #expect(try await store.heads().map(\.target.name) == ["two"])
            try await store.removeDeliveries(before: TestData.now)
            #expect(try await store.heads().count == 1)
            try await store.removeDeliveries(before: TestData.now.addingTimeInterval(1))
            #expect(try await store.heads().isEmpty)
        }
    }
}
