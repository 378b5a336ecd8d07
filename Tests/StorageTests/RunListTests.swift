import Foundation
import Storage
import TaskModel
import Testing

struct RunListTests {
    @Test func `pages follow each other without gaps while new runs come in`() async throws {
        try await withStore { store, _, _ in
            for _ in 0..<25 { _ = try await store.enqueueTest() }

            var seen: [String] = []
            var before: RunID?
            while true {
                let page = try await store.list(registry: "local01", RunFilter(), before: before, limit: 10)
                guard let last = page.last else { break }
                seen += page.map(\.id.text)
                before = last.id
                _ = try await store.enqueueTest()
            }

            #expect(seen == (1...25).reversed().map { RunID(sequence: $0).text })
        }
    }

    @Test func `names of registries, pools and tasks are compared without case`() async throws {
        try await withStore { store, _, _ in
            let run = try await store.enqueueTest(pool: "Fast", task: "Nightly")
            let filter = RunFilter([.agentPool(.equal, "fast"), .task(.equal, "nightly")])

            let found = try await store.list(registry: "LOCAL01", filter, before: nil, limit: 10)

            #expect(found.map(\.id) == [run.id])
        }
    }

    @Test(arguments: [
        ("app@sha256:" + String(repeating: "a", count: 64), true),
        ("r.example.test/app:v1", true),
        ("app:v1", true),
        ("app", true),
        ("app:v2", false),
        ("other@sha256:" + String(repeating: "a", count: 64), false),
    ])
    func `runs are found by what they pushed`(image: String, isFound: Bool) async throws {
        try await withStore { store, _, _ in
            _ = try await store.enqueueTest()
            _ = try await store.claimTest(lease: "lease")
            let pushed = OutputImage(
                registry: "r.example.test", repository: "app", tag: "v1",
                digest: "sha256:" + String(repeating: "a", count: 64))
            _ = try await store.finish(
                lease: "lease", with: RunOutcome(status: .succeeded, outputImages: [pushed]), at: TestData.now)

            let found = try await store.list(
                registry: "local01", RunFilter([.outputImage(image)]), before: nil, limit: 10)

            #expect(found.count == (isFound ? 1 : 0))
        }
    }

    @Test func `times and statuses select`() async throws {
        try await withStore { store, _, _ in
            let first = try await store.enqueueTest()
            _ = try await store.claimTest(lease: "lease")
            let second = try await store.enqueue(
                TestData.newRun(), maxQueued: 10, at: TestData.now.addingTimeInterval(60))

            func ids(_ conditions: RunFilter.Condition...) async throws -> [RunID] {
                try await store.list(registry: "local01", RunFilter(conditions), before: nil, limit: 10).map(\.id)
            }

            #expect(try await ids(.status([.queued])) == [second.id])
            #expect(try await ids(.status([.queued, .started])) == [second.id, first.id])
            #expect(try await ids(.createTime(.greater, TestData.now)) == [second.id])
            #expect(try await ids(.createTime(.lessOrEqual, TestData.now)) == [first.id])
            #expect(try await ids(.runID(.equal, first.id)) == [first.id])
        }
    }
}
