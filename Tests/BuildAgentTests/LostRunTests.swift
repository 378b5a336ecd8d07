import AgentProtocol
import DockerEngine
import Synchronization
import TaskModel
import Testing

@testable import BuildAgent

@Suite(.needsDaemon, .timeLimit(.minutes(10)))
struct LostRunTests {
    @Test func `F5 a run that is somebody else's is killed at once, and nothing is told of it`() async throws {
        try await TestHost.withShell { shell in
            let begin = ContinuousClock.now
            let ending = try await TestRun().carryOut(
                "steps: [{cmd: \(shell) sh -c 'trap \"\" TERM; echo ready-now; sleep 600'}]", marker: "ready-now"
            ) { broker in broker.lose() }

            // SIGTERM was not waited for.
            #expect(ContinuousClock.now - begin < .seconds(60))
            #expect(ending.outcome.status == .started)
            #expect(ending.leftovers.isEmpty)
        }
    }

    @Test func `F2 a run goes on while the server is away, and tells all afterwards`() async throws {
        try await TestHost.withShell { shell in
            let ending = try await TestRun().carryOut(
                """
                steps:
                  - cmd: \(shell) sh -c 'echo one; sleep 1; seq 1 20000'
                  - cmd: \(shell) echo two
                """, marker: "one"
            ) { broker in
                broker.setAway(true)
                await broker.waitForRefusals(3)
                broker.setAway(false)
            }

            #expect(ending.outcome.status == .succeeded, Comment(rawValue: ending.log))
            #expect(ending.lines.filter { $0 == "two" }.count == 1)
            #expect(ending.log.contains("19999"))
        }
    }

    @Test func `T8 all steps of a canceled run get SIGTERM at once, and 10 s`() async throws {
        try await TestHost.withShell { shell in
            let cancel = Stopwatch()
            let ending = try await TestRun().carryOut(
                """
                steps:
                  - cmd: \(shell) sh -c 'trap "echo got one; exit 0" TERM; touch ready; while :; do sleep 0.1; done'
                    when: ["-"]
                  - cmd: \(shell) sh -c 'trap "" TERM; until [ -e ready ]; do sleep 0.1; done; echo ready-now; while :; do sleep 0.1; done'
                    when: ["-"]
                """, marker: "ready-now"
            ) { broker in
                cancel.begin()
                broker.cancel()
            }

            #expect(ending.outcome.status == .canceled)
            #expect(ending.log.contains("got one"))
            #expect(cancel.elapsed >= .seconds(10))
            #expect(ending.leftovers.isEmpty)
        }
    }
}

private final class Stopwatch: Sendable {
    private let start = Mutex<ContinuousClock.Instant?>(nil)

    func begin() { start.withLock { $0 = .now } }

    var elapsed: Duration { start.withLock { $0 }.map { $0.duration(to: .now) } ?? .zero }
}
