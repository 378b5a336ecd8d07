import Foundation
import Storage
import TaskModel
import Testing

struct OccurrenceTests {
    private static func run(_ task: String, _ key: String) -> NewRun {
        let event = SourceEvent(
            trigger: "s", id: "d1", kind: .commit, commit: String(repeating: "a", count: 40), ref: "refs/heads/main",
            branch: "main", repositoryURL: "https://git.example.test/app.git")
        return NewRun(
            registry: "local01", type: .autoBuild,
            request: .build(BuildRequest(sourceLocation: "https://git.example.test/app.git")),
            submittedBy: "me", agentPool: "default", task: task,
            cause: RunCause(
                .source(event), occurrence: key, source: SourceRevision(commit: event.commit, branch: "main"),
                isRestricted: true))
    }

    @Test func `D5 the same occurrence gives one run per task, also when it is told at the same time`() async throws {
        try await withStore { store, _, _ in
            let runs = store
            let ids = try await withThrowingTaskGroup(of: RunID.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await runs.enqueue(Self.run("t1", "k"), maxQueued: 100, at: Date()).id }
                }
                return try await group.reduce(into: Set<RunID>()) { $0.insert($1) }
            }
            let other = try await runs.accept(Self.run("t2", "k"), maxQueued: 100, at: Date())
            let again = try await runs.accept(Self.run("T1", "k"), maxQueued: 0, at: Date())

            #expect(ids.count == 1)
            #expect(other.isNew && !ids.contains(other.run.id))
            #expect(!again.isNew && again.run.id == ids.first)
        }
    }

    @Test func `a run keeps its trigger, its commit and whether it is restricted`() async throws {
        try await withStore { store, _, _ in
            let new = Self.run("t1", "k")

            let id = try await store.enqueue(new, maxQueued: 100, at: Date()).id
            let run = try #require(try await store.find(id))

            #expect(run.trigger == new.cause?.trigger)
            #expect(run.source?.commit == new.cause?.source?.commit)
            #expect(run.source?.branch == "main")
            #expect(run.isRestricted)
        }
    }

    @Test func `what was skipped is told, until a run makes up for it`() async throws {
        try await withStore { store, _, _ in
            let time = Date(timeIntervalSince1970: 1_800_000_000)
            try await store.skip("k 1", of: "t1", in: "local01", because: "too late", at: time)
            let skipped = try await store.occurrences(of: "t1", in: "local01", keyed: "k ", limit: 5)
            let id = try await store.enqueue(Self.run("t1", "k 1"), maxQueued: 100, at: time).id
            try await store.skip("k 1", of: "t1", in: "local01", because: "again", at: time)
            let made = try await store.occurrences(of: "t1", in: "local01", keyed: "k ", limit: 5)
            try await store.removeOccurrences(before: time + 1)

            #expect(skipped.map(\.note) == ["too late"])
            #expect(made.map(\.run) == [id] && made.map(\.note) == [nil])
            #expect(try await store.occurrences(of: "t1", in: "local01", keyed: "", limit: 5).isEmpty)
        }
    }

    @Test func `each move of a run is told once to each reader, in order`() async throws {
        try await withStore { store, database, _ in
            let changes = RunChangeStore(database: database)
            var signals = changes.signals().makeAsyncIterator()
            await signals.next()
            let id = try await store.enqueue(Self.run("t1", "k"), maxQueued: 100, at: Date()).id
            await signals.next()
            _ = try await store.cancel(
                CancelOrder(registry: "local01", .ids([id]), by: "me"), isDryRun: false, at: Date())
            await signals.next()

            let first = try await changes.changes(for: "one", limit: 1)
            try await changes.acknowledge(try #require(first.first).sequence, by: "one")
            let rest = try await changes.changes(for: "one", limit: 10)
            let others = try await changes.changes(for: "two", limit: 10)
            try await changes.prune(readers: ["one", "two"])
            let kept = try await changes.changes(for: "two", limit: 10)
            try await changes.acknowledge(try #require(others.last).sequence, by: "two")
            try await changes.prune(readers: ["one", "two"])

            #expect(first.map(\.status) == [.queued] && first.map(\.run) == [id])
            #expect(rest.map(\.status) == [.canceled])
            #expect(others.map(\.status) == [.queued, .canceled])
            #expect(kept.count == 2)
            #expect(try await changes.changes(for: "three", limit: 10).map(\.status) == [.canceled])
        }
    }

    @Test func `D5 what has had its run makes no other once that was removed`() async throws {
        try await withStore { store, _, _ in
            let time = Date(timeIntervalSince1970: 1_800_000_000)
            let id = try await store.enqueue(Self.run("t1", "k"), maxQueued: 100, at: time).id
            _ = try await store.cancel(
                CancelOrder(registry: "local01", .ids([id]), by: "me"), isDryRun: false, at: time)
            let removed = try await store.remove(endedBefore: time + 1, limit: 10)

            #expect(removed == [id])
            await #expect(throws: StorageError.runRemoved(id)) {
                try await store.accept(Self.run("t1", "k"), maxQueued: 100, at: time + 2)
            }
        }
    }
}
