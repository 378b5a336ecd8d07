import Foundation
import Storage
import TaskModel
import Testing

struct RunCancelTests {
    @Test func `a batch answers for each run what became of it`() async throws {
        try await withStore { store, _, _ in
            let finished = try await store.enqueueTest()
            _ = try await store.claimTest(lease: "1")
            _ = try await store.finish(lease: "1", with: RunOutcome(status: .succeeded), at: TestData.now)
            let underWay = try await store.enqueueTest()
            _ = try await store.claimTest(lease: "2")
            let queued = try await store.enqueueTest()
            let unknown = try #require(RunID("zzz"))

            let answers = try await store.cancel(
                registry: "local01", .ids([finished.id, underWay.id, queued.id, unknown]), isDryRun: false,
                at: TestData.now)

            #expect(answers.map(\.result) == [.alreadyFinished, .cancelRequested, .canceled, .notFound])
            #expect(try await store.find(finished.id)?.status == .succeeded)
            #expect(try await store.find(underWay.id)?.isCancelRequested == true)
            #expect(try await store.find(underWay.id)?.status == .started)
            #expect(try await store.find(queued.id)?.status == .canceled)
        }
    }

    @Test func `T7 one request cancels all queued runs and touches no other`() async throws {
        try await withStore { store, _, _ in
            for _ in 0..<200 { _ = try await store.enqueueTest() }
            _ = try await store.claimTest(lease: "lease")

            let answers = try await store.cancel(
                registry: "local01", .filter(RunFilter([.status([.queued])])), isDryRun: false, at: TestData.now)

            #expect(answers.count == 199)
            #expect(answers.allSatisfy { $0.result == .canceled })
            #expect(try await store.leased("lease")?.run.isCancelRequested == false)
        }
    }

    @Test func `a dry run changes nothing`() async throws {
        try await withStore { store, _, _ in
            let run = try await store.enqueueTest()

            let answers = try await store.cancel(
                registry: "local01", .filter(RunFilter()), isDryRun: true, at: TestData.now)

            #expect(answers == [CancelAnswer(id: run.id, previousStatus: .queued, result: .wouldCancel)])
            #expect(try await store.find(run.id) == run)
        }
    }

    @Test func `S16 runs of another registry are as good as absent`() async throws {
        try await withStore { store, _, _ in
            let run = try await store.enqueueTest()

            let answers = try await store.cancel(registry: "other01", .ids([run.id]), isDryRun: false, at: TestData.now)

            #expect(answers.map(\.result) == [.notFound])
            #expect(try await store.find(run.id)?.status == .queued)
        }
    }
}
