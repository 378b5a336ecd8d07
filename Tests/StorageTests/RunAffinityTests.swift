import Foundation
import Storage
import TaskModel
import Testing

struct RunAffinityTests {
    private static let late = TestData.now.addingTimeInterval(10)

    private func claim(
        _ store: SQLiteRunStore, _ agent: String, rivals: String..., at time: Date = late
    ) async throws -> Run? {
        try await store.claim(
            pool: PoolID(name: "default"), for: agent, rivals: ClaimRivals(agents: Set(rivals)),
            lease: UUID().uuidString, logLength: { _ in 0 }, at: time)
    }

    private func enqueue(_ store: SQLiteRunStore, image: String? = nil, task: String? = nil) async throws -> Run {
        let request = RunRequest.build(
            BuildRequest(sourceLocation: "https://h.test/a.git", imageNames: image.map { [$0] } ?? []))
        return try await store.enqueue(
            NewRun(
                registry: "local01", type: .quickBuild, request: request, submittedBy: "tester",
                agentPool: "default", task: task), maxQueued: 100, at: Self.late)
    }

    @Test(arguments: [("web", "a", "b"), (nil, "team/app:1", "team/app:{{.Run.ID}}")])
    func `a run is left for the agent that had the last one of its kind`(task: String?, first: String, second: String)
        async throws
    {
        try await withStore { store, _, _ in
            _ = try await enqueue(store, image: first, task: task)
            #expect(try await claim(store, "one") != nil)
            let run = try await enqueue(store, image: second, task: task)

            #expect(try await claim(store, "two", rivals: "one") == nil)
            #expect(try await claim(store, "one", rivals: "two")?.id == run.id)
        }
    }

    @Test func `nothing is left for an agent that does not ask`() async throws {
        try await withStore { store, _, _ in
            _ = try await enqueue(store, task: "web")
            _ = try await claim(store, "one")
            let run = try await enqueue(store, task: "web")

            #expect(try await claim(store, "two", rivals: "three")?.id == run.id)
        }
    }

    @Test func `a run waits for its agent for some seconds and no longer`() async throws {
        try await withStore { store, _, _ in
            _ = try await enqueue(store, task: "web")
            _ = try await claim(store, "one")
            let run = try await enqueue(store, task: "web")

            #expect(
                try await claim(store, "two", rivals: "one", at: Self.late.addingTimeInterval(2.9)) == nil)
            #expect(
                try await claim(store, "two", rivals: "one", at: Self.late.addingTimeInterval(3))?.id == run.id)
        }
    }

    @Test func `of those that an agent may take the first accepted is the first handed out`() async throws {
        try await withStore { store, _, _ in
            _ = try await enqueue(store, task: "web")
            _ = try await claim(store, "one")
            let left = try await enqueue(store, task: "web")
            let next = try await enqueue(store, task: "other")
            let last = try await enqueue(store, image: "app:1")

            #expect(try await claim(store, "two", rivals: "one")?.id == next.id)
            #expect(try await claim(store, "one", rivals: "two")?.id == left.id)
            #expect(try await claim(store, "one", rivals: "two")?.id == last.id)
        }
    }
}
