import Foundation
import TaskModel
import TestSupport
import Testing

@testable import Storage

struct DeliveryStoreTests {
    private static let hook = Hook(
        id: "h1", kind: .forge(.gitHub), registry: "local01", task: "web", trigger: "source",
        repositoryURL: "https://git.example.test/app.git", secret: Secret("s"), standing: .manual)

    private static func delivery(_ id: String, body: String = "{}", headers: [String: String] = [:]) -> NewDelivery {
        NewDelivery(to: hook, deliveryID: id, headers: headers, body: Array(body.utf8))
    }

    private func with(_ body: (DeliveryStore, Database) async throws -> Void) async throws {
        try await withTemporaryFolder { folder async throws in
            let database = try Database(path: folder + "/db.sqlite")
            try await body(DeliveryStore(database: database), database)
        }
    }

    @Test func `T13 a delivery is stored whole, without what proves who sent it`() async throws {
        try await with { store, _ in
            let added = try await store.add(
                [
                    Self.delivery(
                        "d1", body: "{\"a\":1}",
                        headers: [
                            "x-github-event": "push", "x-hub-signature-256": "sha256=00", "authorization": "Basic x",
                            "x-gitlab-token": "t",
                        ])
                ], at: TestData.now)

            let content = try #require(try await store.content(of: added[0].delivery.id))
            #expect(added[0].isNew)
            #expect(content.body == Array("{\"a\":1}".utf8))
            #expect(content.headers == ["x-github-event": "push"])
            #expect(try await store.due(of: "h1", at: TestData.now, limit: 10).map(\.deliveryID) == ["d1"])
        }
    }

    @Test func `D5 a delivery that comes again is the one that is there, also within one transaction`() async throws {
        try await with { store, _ in
            let first = try await store.add(["d1", "d2", "d1"].map { Self.delivery($0) }, at: TestData.now)
            try await store.end([(first[0].delivery, .done("started ca1", runs: ["ca1"]))])

            let again = try await store.add([Self.delivery("d1", body: "other")], at: TestData.now)

            #expect(first.map(\.isNew) == [true, true, false])
            #expect(first[2].delivery.id == first[0].delivery.id)
            #expect(!again[0].isNew)
            #expect(again[0].delivery.runs == ["ca1"])
            #expect(try await store.list(in: "local01", task: "WEB", limit: 10).map(\.deliveryID) == ["d2", "d1"])
        }
    }

    @Test func `what can't be done now is due later, and what is over is not`() async throws {
        try await with { store, _ in
            let later = TestData.now.addingTimeInterval(60)
            let all = try await store.add(["a", "b", "c"].map { Self.delivery($0) }, at: TestData.now).map(\.delivery)
            #expect(try await store.waitingHooks(at: TestData.now).map(\.id) == ["h1"])

            try await store.end([
                (all[0], .postponed(until: later, because: "queue full")), (all[1], .failed("no")),
                (all[2], .done("ok", runs: [])),
            ])

            #expect(try await store.due(of: "h1", at: TestData.now, limit: 10) == [])
            #expect(try await store.nextTime(after: TestData.now) == later)
            let due = try await store.due(of: "h1", at: later, limit: 10)
            #expect(due.map(\.id) == [all[0].id])
            #expect(due.map(\.attempts) == [1])
            #expect(try await store.find(all[1].id, in: "local01")?.state == .failed)
        }
    }

    @Test func `a replay makes a delivery due again, in its own registry only`() async throws {
        try await with { store, _ in
            let delivery = try await store.add([Self.delivery("a")], at: TestData.now)[0].delivery
            let id = delivery.id
            try await store.end([(delivery, .done("not run: fork", runs: []))])

            #expect(try await store.replay(id, in: "other01", at: TestData.now) == nil)
            let replayed = try await store.replay(id, in: "LOCAL01", approving: "c0ffee", at: TestData.now)

            #expect(replayed?.state == .pending)
            #expect(replayed?.approvedCommit == "c0ffee")
            #expect(try await store.due(of: "h1", at: TestData.now, limit: 10).map(\.id) == [id])
        }
    }

    @Test func `a replay or an approval while a delivery is worked on is not lost`() async throws {
        try await with { store, _ in
            let delivery = try await store.add([Self.delivery("a")], at: TestData.now)[0].delivery
            _ = try await store.replay(delivery.id, in: "local01", approving: "c0ffee", at: TestData.now)

            try await store.end([(delivery, .done("not run: fork", runs: []))])

            let due = try await store.due(of: "h1", at: TestData.now, limit: 10)
            #expect(due.map(\.approvedCommit) == ["c0ffee"])
            try await store.end([(due[0], .done("started ca1", runs: ["ca1"]))])
            #expect(try await store.find(delivery.id, in: "local01")?.outcome == "started ca1")
        }
    }

    @Test func `deliveries are forgotten after their time, and take none while the disk is full`() async throws {
        try await with { store, database in
            _ = try await store.add([Self.delivery("a")], at: TestData.now)
            _ = try await store.add([Self.delivery("b")], at: TestData.now.addingTimeInterval(10))

            #expect(try await store.remove(before: TestData.now.addingTimeInterval(5)) == 1)

            #expect(try await store.list(in: "local01", task: nil, limit: 10).map(\.deliveryID) == ["b"])
            let full = DeliveryStore(database: database, reserve: DiskReserve(path: "/", bytes: .max))
            await #expect(throws: StorageError.self) { try await full.add([Self.delivery("c")], at: TestData.now) }
        }
    }

    @Test func `a hook knows when it was called last`() async throws {
        try await with { store, database in
            let hooks = HookStore(database: database, box: SecretBox(key: TestData.key))
            try await hooks.put(Self.hook)

            _ = try await store.add([Self.delivery("a")], at: TestData.now)

            #expect(try await hooks.find("h1")?.lastDeliveryTime == TestData.now)
        }
    }
}
