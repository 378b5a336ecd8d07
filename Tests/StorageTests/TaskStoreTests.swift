import Crypto
import Foundation
import Synchronization
import TaskModel
import TestSupport
import Testing

@testable import Storage

struct TaskStoreTests {
    private func withTaskStore(_ body: (SQLiteTaskStore, String) async throws -> Void) async throws {
        try await withTemporaryFolder { folder async throws in
            let database = try Database(path: folder + "/slipway.sqlite")
            try await body(SQLiteTaskStore(database: database, box: SecretBox(key: TestData.key)), folder)
        }
    }

    private static func task(_ name: String = "nightly") -> TaskDefinition {
        let author = TaskDefinition.Authorship(by: "somebody", at: TestData.now)
        return TaskDefinition(
            name: name, registry: "local01",
            step: .docker(
                TaskStep.DockerStep(
                    context: TaskContext(
                        location: Secret("https://git.example.test/app.git"), accessToken: Secret(TestData.secret)),
                    dockerFilePath: "Dockerfile", imageNames: ["app:v1"], isPushEnabled: true, noCache: false,
                    target: nil,
                    arguments: [BuildArgument(name: "S", value: Secret(TestData.secret), isSecret: true)])),
            platform: Platform(os: "linux", architecture: "arm64", variant: "v8"), cpu: 4,
            triggers: TaskTriggers(timers: [TimerTriggerDefinition(name: "t1", isEnabled: true, schedule: "0 21 * * *")]
            ),
            credentials: TaskCredentials(
                customRegistries: [
                    "r.example.test": TaskRegistryLogin(
                        username: TaskSecret(Secret("user")), password: TaskSecret(Secret(TestData.secret)))
                ]),
            identity: TaskIdentity(systemPrincipal: "id"), created: author, changed: author)
    }

    @Test func `a task comes back as it was written, whatever the case of its name`() async throws {
        try await withTaskStore { store, _ in
            _ = try await store.update("nightly", in: "local01") { _ in Self.task() }

            #expect(try await store.find("NIGHTLY", in: "Local01") == Self.task())
            #expect(try await store.find("nightly", in: "other") == nil)
            #expect(try await store.list(registry: "local01").map(\.name) == ["nightly"])
        }
    }

    @Test func `S20 no secret of a task is in the database in the clear`() async throws {
        try await withTaskStore { store, folder in
            _ = try await store.update("nightly", in: "local01") { _ in Self.task() }

            for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
                let bytes = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name))
                #expect(bytes.range(of: Data(TestData.secret.utf8)) == nil, "\(name)")
            }
        }
    }

    @Test func `a change that is refused leaves the task as it was`() async throws {
        struct Refused: Error {}
        try await withTaskStore { store, _ in
            _ = try await store.update("nightly", in: "local01") { _ in Self.task() }

            await #expect(throws: Refused.self) {
                try await store.update("nightly", in: "local01") { _ in throw Refused() }
            }

            #expect(try await store.find("nightly", in: "local01") == Self.task())
        }
    }

    @Test func `changes at the same time are made one after another`() async throws {
        try await withTaskStore { store, _ in
            _ = try await store.update("nightly", in: "local01") { _ in Self.task() }

            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        _ = try await store.update("nightly", in: "local01") { stored in
                            var task = stored ?? Self.task()
                            task.timeoutSeconds += 1
                            return task
                        }
                    }
                }
                try await group.waitForAll()
            }

            #expect(try await store.find("nightly", in: "local01")?.timeoutSeconds == 3620)
        }
    }

    @Test func `deleting tells whether there was one`() async throws {
        try await withTaskStore { store, _ in
            _ = try await store.update("nightly", in: "local01") { _ in Self.task() }

            #expect(try await store.delete("Nightly", in: "local01"))
            #expect(try await !store.delete("nightly", in: "local01"))
        }
    }

    @Test func `a task that can't be read holds up no other, and can be written anew or deleted`() async throws {
        try await withTaskStore { store, _ in
            let lost = SQLiteTaskStore(database: store.database, box: SecretBox(key: SymmetricKey(size: .bits256)))
            for name in ["a", "b"] { _ = try await lost.update(name, in: "local01") { _ in Self.task(name) } }
            _ = try await store.update("c", in: "local01") { _ in Self.task("c") }

            let names = try await store.list(registry: "local01").map(\.name)
            let known = Mutex<TaskDefinition?>(Self.task())
            let written = try await store.update("a", in: "local01") { stored in
                known.withLock { $0 = stored }
                return Self.task("a")
            }
            let isDeleted = try await store.delete("b", in: "local01")

            #expect(names == ["c"])
            #expect(known.withLock(\.self) == nil)
            #expect(try await store.find("a", in: "local01") == written)
            #expect(isDeleted)
            #expect(try await store.list(registry: "local01").map(\.name) == ["a", "c"])
        }
    }
}
