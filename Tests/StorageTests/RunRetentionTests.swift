import Foundation
import Storage
import TaskModel
import TestSupport
import Testing

struct RunRetentionTests {
    private let later = TestData.now.addingTimeInterval(3600)

    /// A run that ended at ``TestData/now``.
    private func ended(_ store: SQLiteRunStore, _ status: RunStatus = .succeeded, task: String? = nil) async throws
        -> RunID
    {
        let run = try await store.enqueueTest(task: task)
        let lease = UUID().uuidString
        _ = try await store.claimTest(lease: lease)
        _ = try await store.finish(lease: lease, with: RunOutcome(status: status), at: TestData.now)
        return run.id
    }

    @Test func `G8 ended runs go, those that wait or are archived stay`() async throws {
        try await withStore { store, _, _ async throws in
            let old = try await ended(store)
            let archived = try await ended(store)
            _ = try await store.setArchived(true, archived, registry: "local01", at: TestData.now)
            let waiting = try await store.enqueueTest().id

            #expect(try await store.remove(endedBefore: TestData.now, limit: 10) == [])
            #expect(try await store.remove(endedBefore: later, limit: 10) == [old])

            #expect(try await store.existing(among: [old, archived, waiting]) == [archived, waiting])
        }
    }

    @Test func `a list goes on behind a run that was removed`() async throws {
        try await withStore { store, _, _ async throws in
            let first = try await store.enqueueTest().id
            let old = try await store.enqueueTest().id
            _ = try await store.cancel(registry: "local01", .ids([old]), isDryRun: false, at: TestData.now)
            #expect(try await store.remove(endedBefore: later, limit: 10) == [old])

            let page = try await store.list(registry: "local01", RunFilter(), before: old, limit: 10)
            let filtered = try await store.list(
                registry: "local01", RunFilter([.runID(.less, old)]), before: nil, limit: 10)

            #expect(page.map(\.id) == [first])
            #expect(filtered.map(\.id) == [first])
        }
    }

    @Test func `the last successful run of a task stays`() async throws {
        try await withStore { store, _, _ async throws in
            let first = try await ended(store, task: "t")
            let last = try await ended(store, task: "t")
            let failed = try await ended(store, .failed, task: "t")

            #expect(Set(try await store.remove(endedBefore: later, limit: 10)) == [first, failed])
            #expect(try await store.existing(among: [last]) == [last])
        }
    }

    @Test func `no more go at once than are asked for`() async throws {
        try await withStore { store, _, _ async throws in
            for _ in 1...5 { _ = try await ended(store) }

            #expect(try await store.remove(endedBefore: later, limit: 3).count == 3)
            #expect(try await store.remove(endedBefore: later, limit: 3).count == 2)
        }
    }
}
