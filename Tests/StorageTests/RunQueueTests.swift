import Foundation
import Storage
import Synchronization
import TaskModel
import Testing

struct RunQueueTests {
    private static func newRun(in registry: String, ownPool: Bool) -> NewRun {
        let run = TestData.newRun(pool: "p1", registry: registry)
        return NewRun(
            registry: registry, type: run.type, request: run.request, submittedBy: "tester", agentPool: "p1",
            poolRegistry: ownPool ? registry : nil)
    }

    private func claim(_ store: SQLiteRunStore, _ pool: PoolID, lease: String) async throws -> Run? {
        try await store.claim(pool: pool, for: "agent", lease: lease, logLength: { _ in 0 }, at: TestData.now)
    }

    @Test func `a pool takes no run of a pool of that name elsewhere`() async throws {
        try await withStore { store, _, _ in
            let mine = try await store.enqueue(
                Self.newRun(in: "local01", ownPool: true), maxQueued: 10, at: TestData.now)
            let other = try await store.enqueue(
                Self.newRun(in: "other01", ownPool: true), maxQueued: 10, at: TestData.now)
            let shared = try await store.enqueue(
                Self.newRun(in: "local01", ownPool: false), maxQueued: 10, at: TestData.now)
            #expect(try await store.position(of: shared.id) == 0)

            #expect(try await claim(store, PoolID(registry: "OTHER01", name: "P1"), lease: "a")?.id == other.id)
            #expect(try await claim(store, PoolID(registry: "other01", name: "p1"), lease: "b") == nil)
            #expect(try await claim(store, PoolID(name: "p1"), lease: "c")?.id == shared.id)
            #expect(try await store.load(of: PoolID(name: "p1")) == PoolLoad(queued: 0, underWay: 1))
            #expect(
                try await store.load(of: PoolID(registry: "local01", name: "p1")) == PoolLoad(queued: 1, underWay: 0))
            #expect(try await claim(store, PoolID(registry: "local01", name: "p1"), lease: "d")?.id == mine.id)
        }
    }

    @Test(arguments: [
        (0.0, 59.9, 0), (0, 60, 1), (60, 61, 0), (59.9, 299.9, 1), (60, 299.9, 0), (299.9, 300, 1), (300, 539, 0),
        (539, 540, 1), (61, 10_000, 1), (60, 59, 0),
    ])
    func `a line is due after a minute and then every four`(last: Double, now: Double, count: Int) async throws {
        try await withStore { store, _, _ in
            _ = try await store.enqueueTest()

            let due = try await store.queuedRuns(
                dueAfter: TestData.now.addingTimeInterval(last), until: TestData.now.addingTimeInterval(now))

            #expect(due.count == count)
        }
    }

    @Test func `those that wait are told their place in their pool`() async throws {
        try await withStore { store, _, _ in
            for pool in ["a", "b", "a", "a"] { _ = try await store.enqueueTest(pool: pool) }
            _ = try await store.claimTest(lease: "lease", pool: "a")

            let due = try await store.queuedRuns(dueAfter: TestData.now, until: TestData.now.addingTimeInterval(100))

            #expect(Set(due.map { "\($0.id) \($0.pool) \($0.position)" }) == ["ca2 b 0", "ca3 a 0", "ca4 a 1"])
        }
    }

    @Test func `only runs that still wait are written about`() async throws {
        try await withStore { store, _, _ in
            let runs = [try await store.enqueueTest(), try await store.enqueueTest(), try await store.enqueueTest()]
            _ = try await store.claimTest(lease: "lease")
            _ = try await store.cancel(registry: "local01", .ids([runs[1].id]), isDryRun: false, at: TestData.now)
            let seen = Mutex<[RunID]>([])

            try await store.whileQueued(runs.map(\.id)) { run in seen.withLock { $0.append(run) } }

            #expect(seen.withLock(\.self) == [runs[2].id])
        }
    }
}
