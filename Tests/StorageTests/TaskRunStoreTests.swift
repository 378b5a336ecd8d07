import Foundation
import Storage
import TaskModel
import Testing

struct TaskRunStoreTests {
    private static func taskRun(_ request: String = #"{"secret":"\#(TestData.secret)"}"#, tag: String? = nil) -> TaskRun
    {
        TaskRun(registry: "local01", name: "nightly", request: Secret(request), forceUpdateTag: tag)
    }

    private func enqueue(_ taskRun: TaskRun, in store: SQLiteRunStore) async throws -> Run {
        let run = TestData.newRun()
        return try await store.enqueue(
            NewRun(
                registry: run.registry, type: run.type, request: run.request, submittedBy: "tester",
                agentPool: run.agentPool, taskRun: taskRun), maxQueued: 10, at: TestData.now)
    }

    @Test func `D1 a task run is kept with its run, and the same again makes none`() async throws {
        try await withStore { store, database, _ in
            let taskRuns = TaskRunStore(database: database, box: SecretBox(key: TestData.key))
            let first = try await enqueue(Self.taskRun(), in: store)
            let same = try await enqueue(Self.taskRun(), in: store)
            let forced = try await enqueue(Self.taskRun(tag: "2"), in: store)
            let changed = try await enqueue(Self.taskRun("{}", tag: "2"), in: store)

            #expect(same.id == first.id)
            #expect(Set([first.id, forced.id, changed.id]).count == 3)
            let entry = try #require(try await taskRuns.find("NIGHTLY", in: "Local01"))
            #expect(entry.run == changed.id)
            #expect(entry.taskRun == Self.taskRun("{}", tag: "2"))
            #expect(try await taskRuns.list(in: "local01") == [entry])
            #expect(try await taskRuns.list(in: "other01").isEmpty)

            #expect(try await taskRuns.remove("nightly", in: "local01"))
            #expect(try await !taskRuns.remove("nightly", in: "local01"))
            #expect(try await store.find(changed.id) != nil)
        }
    }

    @Test func `S20 the request of a task run is not in the file in the clear`() async throws {
        try await withStore { store, _, folder in
            _ = try await enqueue(Self.taskRun(), in: store)

            let files = try FileManager.default.contentsOfDirectory(atPath: folder)
            let bytes = try files.map { try Data(contentsOf: URL(fileURLWithPath: folder + "/" + $0)) }.reduce(
                Data(), +)
            #expect(bytes.range(of: Data("nightly".utf8)) != nil)
            #expect(bytes.range(of: Data(TestData.secret.utf8)) == nil)
        }
    }
}
