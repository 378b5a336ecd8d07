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

    @Test func `T7 one request cancels 1,000 queued runs and touches no other`() async throws {
        try await withStore { store, _, _ in
            for _ in 0..<1001 { _ = try await store.enqueueTest() }
            _ = try await store.claimTest(lease: "lease")

            let answers = try await store.cancel(
                registry: "local01", .filter(RunFilter([.status([.queued])])), isDryRun: false, at: TestData.now)

            #expect(answers.count == 1000)
            #expect(answers.allSatisfy { $0.result == .canceled })
            #expect(try await store.leased("lease")?.run.isCancelRequested == false)
        }
    }

    @Test func `a dry run changes nothing`() async throws {
        try await withStore { store, _, _ in
            let run = try await store.enqueueTest()

            let answers = try await store.cancel(
                registry: "local01", .filter(RunFilter()), isDryRun: true, at: TestData.now)

            #expect(
                answers == [
                    CancelAnswer(
                        id: run.id, pool: PoolID(name: "default"), previousStatus: .queued, result: .wouldCancel)
                ])
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

    @Test func `who canceled what stays on record, with the answer for each run`() async throws {
        try await withStore { store, _, _ in
            let first = try await store.enqueueTest()
            _ = try await store.claimTest(lease: "1")
            let second = try await store.enqueueTest()
            let order = CancelOrder(
                registry: "local01", .filter(RunFilter()), by: "p1", from: "192.0.2.7", filterText: "")

            let answers = try await store.cancel(order, isDryRun: false, at: TestData.now)
            _ = try await store.cancel(order, isDryRun: true, at: TestData.now)

            let records = try await store.cancels(registry: "LOCAL01", limit: 10)
            #expect(answers.record == 1)
            #expect(
                records == [
                    CancelRecord(
                        number: 1, time: TestData.now, principal: "p1", address: "192.0.2.7", filter: "",
                        runs: [
                            CancelRecord.Item(run: first.id, previousStatus: .started, result: "cancelRequested"),
                            CancelRecord.Item(run: second.id, previousStatus: .queued, result: "canceled"),
                        ])
                ])
            #expect(try await store.cancels(registry: "other01", limit: 10).isEmpty)
            #expect(try await store.find(second.id)?.canceledBy == "p1")
        }
    }

    @Test func `M4 a run is not canceled by a cancel that comes after its end`() async throws {
        try await withStore { store, _, _ in
            let run = try await store.enqueueTest()
            _ = try await store.claimTest(lease: "1")
            _ = try await store.finish(lease: "1", with: RunOutcome(status: .failed, message: "m"), at: TestData.now)

            let answers = try await store.cancel(
                registry: "local01", .ids([run.id]), isDryRun: false, at: TestData.now)

            #expect(answers.map(\.result) == [.alreadyFinished])
            #expect(try await store.find(run.id)?.isCancelRequested == false)
            #expect(try await store.find(run.id)?.canceledBy == nil)
        }
    }
}
