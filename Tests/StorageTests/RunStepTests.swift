import Foundation
import GRDB
import Storage
import TaskModel
import Testing

struct RunStepTests {
    private static let steps = [
        StepResult(id: "build", kind: .build, dependencies: []),
        StepResult(id: "test", kind: .command, dependencies: ["build"]),
        StepResult(id: "push", kind: .push, dependencies: ["build", "test"]),
    ]

    private func step(_ status: StepResult.Status, _ change: (inout StepResult) -> Void = { _ in }) -> StepResult {
        var step = Self.steps[0]
        step.status = status
        step.launches = 1
        step.startTime = TestData.now
        change(&step)
        return step
    }

    /// A run that an agent holds under the lease `lease`, with steps of which the first goes on.
    private func withRun(_ body: (SQLiteRunStore, RunID, String) async throws -> Void) async throws {
        try await withStore { store, _, folder async throws in
            let run = try await store.enqueueTest()
            _ = try await store.claimTest(lease: "lease")
            try await store.planSteps(Self.steps, lease: "lease", at: TestData.now)
            _ = try await store.setStep(step(.running), lease: "lease", at: TestData.now)
            try await body(store, run.id, folder)
        }
    }

    @Test func `steps are kept as they were told, in their order`() async throws {
        try await withRun { store, run, _ async throws in
            let failed = step(.failed) {
                $0.exitCode = 2
                $0.launches = 3
                $0.message = "exit status 2"
                $0.finishTime = TestData.now.addingTimeInterval(1.5)
            }

            #expect(try await store.steps(of: run) == [step(.running)] + Self.steps[1...])
            #expect(try await store.setStep(failed, lease: "lease", at: TestData.now))
            #expect(try await store.steps(of: run) == [failed] + Self.steps[1...])
            #expect(
                try await !store.setStep(
                    StepResult(id: "other", kind: .command, dependencies: []), lease: "lease", at: TestData.now))
            try await store.planSteps([Self.steps[1]], lease: "lease", at: TestData.now)
            #expect(try await store.steps(of: run) == [Self.steps[1]])
        }
    }

    @Test func `M1 nothing is told of steps with a lease that is over`() async throws {
        try await withRun { store, run, _ async throws in
            for lease in ["other", "lease"] {
                await #expect(throws: StorageError.leaseLost) {
                    if lease == "lease" {
                        _ = try await store.finish(
                            lease: lease, with: RunOutcome(status: .failed), at: TestData.now)
                    }
                    try await store.planSteps([], lease: lease, at: TestData.now)
                }
                await #expect(throws: StorageError.leaseLost) {
                    try await store.setStep(step(.successful), lease: lease, at: TestData.now)
                }
            }
            #expect(try await store.steps(of: run).count == 3)
        }
    }

    @Test(arguments: [RunStatus.succeeded, .failed, .canceled, .error, .timeout])
    func `when a run ends, its steps end with it`(status: RunStatus) async throws {
        try await withRun { store, run, _ async throws in
            var done = Self.steps[1]
            done.status = .successful
            _ = try await store.setStep(done, lease: "lease", at: TestData.now)
            let end = TestData.now.addingTimeInterval(5)

            _ = try await store.finish(lease: "lease", with: RunOutcome(status: status), at: end)

            let steps = try await store.steps(of: run)
            #expect(steps.map(\.status) == [.interrupted, .successful, .skipped])
            #expect(steps.map(\.finishTime) == [end, nil, nil])
        }
    }

    @Test(arguments: [true, false])
    func `so they do when the agent is lost`(isCanceled: Bool) async throws {
        try await withRun { store, run, _ async throws in
            try await store.begin(lease: "lease", at: TestData.now)
            if isCanceled {
                _ = try await store.cancel(registry: "local01", .ids([run]), isDryRun: false, at: TestData.now)
            }
            #expect(try await store.steps(of: run)[0].status == .running)

            _ = try await store.loseRuns(of: "agent", at: TestData.now) { _, _ in LossRecord(message: "gone") }

            #expect(try await store.steps(of: run).map(\.status) == [.interrupted, .skipped, .skipped])
        }
    }

    @Test func `a run that waits again has no steps until it is planned anew`() async throws {
        try await withRun { store, run, _ async throws in
            _ = try await store.loseRuns(of: "agent", at: TestData.now) { _, _ in LossRecord(message: "gone") }

            #expect(try await store.steps(of: run) == [])
            _ = try await store.claimTest(lease: "second")
            try await store.planSteps(Self.steps, lease: "second", at: TestData.now)
            #expect(try await store.steps(of: run) == Self.steps)
        }
    }

    @Test(arguments: [("x", 4097), ("é", 2049), ("😀", 1025)])
    func `of a long message the beginning is kept`(character: String, count: Int) async throws {
        try await withRun { store, run, _ async throws in
            let long = String(repeating: character, count: count)
            let longest = String(repeating: character, count: 4096 / character.utf8.count)

            _ = try await store.setStep(step(.failed) { $0.message = long }, lease: "lease", at: TestData.now)
            let cut = try #require(try await store.steps(of: run)[0].message)
            _ = try await store.setStep(step(.failed) { $0.message = longest }, lease: "lease", at: TestData.now)

            #expect(cut.hasSuffix(character + "…"))
            #expect((4090...4096).contains(cut.utf8.count))
            #expect(try await store.steps(of: run)[0].message == longest)
        }
    }

    @Test func `steps go with their run`() async throws {
        try await withRun { store, run, folder async throws in
            var configuration = Configuration()
            configuration.foreignKeysEnabled = true
            let raw = try DatabaseQueue(path: folder + "/slipway.sqlite", configuration: configuration)
            try await raw.write { try $0.execute(sql: "DELETE FROM run") }

            #expect(try await raw.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM runStep") } == 0)
        }
    }
}
