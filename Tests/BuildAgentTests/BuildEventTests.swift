import AgentProtocol
import Foundation
import Synchronization
import TaskModel
import TestSupport
import Testing

@testable import BuildAgent

/// What an agent tells of the builds of a run while it goes on.
@Suite(.needsDaemon, .timeLimit(.minutes(10)))
struct BuildEventTests {
    private struct Told {
        var batches: [BuildVertices] = []
        var builds: [BuildVertices] = []
        var log = ""
    }

    private func run(_ dockerfile: String, task: String, change: (inout TestRun) -> Void = { _ in }) async throws
        -> Told
    {
        var run = TestRun()
        run.files = ["Dockerfile": dockerfile, "own": UUID().uuidString]
        change(&run)
        let broker = Mutex<TestBroker?>(nil)
        let ending = try await run.carryOut(task, marker: "Executing step ID") { found in
            broker.withLock { $0 = found }
        }
        var told = Told(log: ending.log)
        for event in broker.withLock({ $0?.events }) ?? [] {
            guard case .vertices(let batch) = event else { continue }
            told.batches.append(batch)
            told.builds.add(batch)
        }
        return told
    }

    @Test(arguments: [false, true])
    func `each vertex is told with what became of it, secrets masked`(isClassic: Bool) async throws {
        try await TestHost.withShell { shell in
            let dockerfile = "FROM \(shell)\nCOPY own /own\nRUN echo hunter2hunter2\nRUN exit 3\nRUN echo never\n"
            let task = "steps: [{id: image, build: ., env: [DOCKER_BUILDKIT=\(isClassic ? 0 : 1)], ignoreErrors: true}]"

            let told = try await run(dockerfile, task: task) {
                $0.values = [TaskValue(name: "pw", value: Secret("hunter2hunter2"), isSecret: true)]
            }

            #expect(told.builds.map(\.step) == ["image"], Comment(rawValue: told.log))
            let steps = (told.builds.first?.vertices ?? []).filter(\.isStep)
            let expected: [BuildVertex.Status] = [.successful, .successful, .failed] + (isClassic ? [] : [.skipped])
            #expect(steps.map(\.status) == expected, Comment(rawValue: told.log))
            #expect(steps.dropFirst().first?.name.hasSuffix("RUN echo ***") == true)
            #expect(steps.dropFirst(2).first?.error?.contains("3") == true)
            // What happens within a moment is told at once.
            #expect(told.batches.count < told.batches.flatMap(\.vertices).count)
            for step in steps {
                guard let number = step.number else { continue }
                #expect(told.log.contains(isClassic ? "Step \(number)/5 : " : "#\(number) \(step.name)"))
            }
        }
    }

    @Test func `of a step that is repeated the last build is what counts`() async throws {
        try await TestHost.withShell { shell in
            let told = try await run(
                "FROM \(shell)\nRUN exit 3\n",
                task: "steps: [{id: image, build: ., ignoreErrors: true, retries: 1, retryDelay: 1}]")

            #expect(told.builds.map(\.attempt).last ?? 0 >= 2, Comment(rawValue: told.log))
            #expect(told.builds.first?.vertices.filter { $0.status == .failed }.count == 1)
        }
    }
}
