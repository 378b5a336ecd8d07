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
            #expect(try await store.queuedRun(shared.id)?.position == 0)

            #expect(try await claim(store, PoolID(registry: "OTHER01", name: "P1"), lease: "a")?.id == other.id)
            #expect(try await claim(store, PoolID(registry: "other01", name: "p1"), lease: "b") == nil)
            #expect(try await claim(store, PoolID(name: "p1"), lease: "c")?.id == shared.id)
            #expect(try await store.load(of: PoolID(name: "p1")) == PoolLoad(queued: 0, underWay: 1))
            #expect(
                try await store.load(of: PoolID(registry: "local01", name: "p1")) == PoolLoad(queued: 1, underWay: 0))
            #expect(try await claim(store, PoolID(registry: "local01", name: "p1"), lease: "d")?.id == mine.id)
        }
    }

    @Test func `those that wait are told their place in their pool`() async throws {
        try await withStore { store, _, _ in
            for pool in ["a", "b", "a", "a"] { _ = try await store.enqueueTest(pool: pool) }
            _ = try await store.claimTest(lease: "lease", pool: "a")

            let due = try await store.queuedRuns()

            #expect(Set(due.map { "\($0.id) \($0.pool) \($0.position)" }) == ["ca2 b 0", "ca3 a 0", "ca4 a 1"])
        }
    }

    private static func taskRun(
        _ queue: QueueSettings, branch: String = "main", task: String = "t1", cause: RunCause? = nil
    )
        -> NewRun
    {
        let run = TestData.newRun()
        guard case .build(var build) = run.request else { return run }
        build.queue = queue
        return NewRun(
            registry: run.registry, type: .autoBuild, request: .build(build), submittedBy: "tester",
            agentPool: "default", task: task, branch: branch, cause: cause)
    }

    @Test func `D7 what came first is handed out first, among runs of the same priority`() async throws {
        try await withStore { store, _, _ in
            var ids: [RunID] = []
            for priority in [0, -5, 7, 0, 7] {
                let run = try await store.enqueue(
                    Self.taskRun(QueueSettings(priority: priority)), maxQueued: 10, at: TestData.now)
                ids.append(run.id)
            }
            #expect(try await store.queuedRun(ids[3])?.position == 3)

            var order: [RunID] = []
            while let run = try await store.claimTest(lease: "\(order.count)") { order.append(run.id) }

            #expect(order == [ids[2], ids[4], ids[0], ids[3], ids[1]])
        }
    }

    @Test func `no more runs of a task go on at once than it says`() async throws {
        try await withStore { store, _, _ in
            let limited = QueueSettings(concurrency: 2)
            for _ in 0..<3 { _ = try await store.enqueue(Self.taskRun(limited), maxQueued: 10, at: TestData.now) }
            let other = try await store.enqueue(Self.taskRun(limited, task: "t2"), maxQueued: 10, at: TestData.now)

            #expect(try await store.claimTest(lease: "1")?.id.text == "ca1")
            #expect(try await store.claimTest(lease: "2")?.id.text == "ca2")
            #expect(try await store.claimTest(lease: "3")?.id == other.id)
            #expect(try await store.claimTest(lease: "4") == nil)
            #expect(try await store.runsUnderWay(of: "T1", in: "local01").map(\.text) == ["ca1", "ca2"])
            _ = try await store.finish(lease: "1", with: RunOutcome(status: .failed), at: TestData.now)
            #expect(try await store.claimTest(lease: "4")?.id.text == "ca3")
        }
    }

    @Test func `a run supersedes older ones that wait, of the same task and branch`() async throws {
        try await withStore { store, _, _ in
            let settings = QueueSettings(supersedes: true)
            let started = try await store.enqueue(Self.taskRun(settings), maxQueued: 10, at: TestData.now)
            _ = try await store.claimTest(lease: "1")
            let older = try await store.enqueue(Self.taskRun(QueueSettings()), maxQueued: 10, at: TestData.now)
            let elsewhere = try await store.enqueue(
                Self.taskRun(settings, branch: "other"), maxQueued: 10, at: TestData.now)

            let newer = try await store.accept(Self.taskRun(settings), maxQueued: 10, at: TestData.now)

            #expect(newer.superseded.map(\.id) == [older.id])
            let canceled = try #require(try await store.find(older.id))
            #expect(canceled.status == .canceled)
            #expect(canceled.errorMessage == "superseded by run \(newer.run.id)")
            #expect(try await store.find(started.id)?.status == .started)
            #expect(try await store.find(elsewhere.id)?.status == .queued)
        }
    }

    @Test func `S14 runs of strangers supersede each other alone`() async throws {
        try await withStore { store, _, _ in
            func accept(_ number: Int, isRestricted: Bool) async throws -> AcceptedRun {
                let event = SourceEvent(
                    trigger: "s", id: "d1", kind: .pullRequest, commit: String(repeating: "a", count: 40),
                    ref: "refs/pull/\(number)/head", branch: "main", repositoryURL: "https://git.example.test/app.git")
                let cause = RunCause(.source(event), occurrence: "\(number)", isRestricted: isRestricted)
                return try await store.accept(
                    Self.taskRun(QueueSettings(supersedes: true), cause: cause), maxQueued: 10, at: TestData.now)
            }
            let ours = try await accept(1, isRestricted: false)
            let theirs = try await accept(2, isRestricted: true)

            #expect(theirs.superseded.isEmpty)
            #expect(try await accept(3, isRestricted: false).superseded.map(\.id) == [ours.run.id])
            #expect(try await accept(4, isRestricted: true).superseded.map(\.id) == [theirs.run.id])
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
