import Foundation
import TaskModel
import Testing

@testable import BuildAgent

@Suite(.needsOwnDaemon, .serialized, .timeLimit(.minutes(10)))
struct DaemonLossTests {
    private static let task = "sh -c 'i=0; while [ $i -lt 60 ]; do echo line $i; i=$((i+1)); sleep 0.1; done'"

    @Test func `F6 a step outlasts a kill of its daemon, and loses only what that had in hand`()
        async throws
    {
        try await TestDaemon.with(keepsContainers: true) { daemon in
            try await TestHost.withShell(on: daemon.endpoint) { shell in
                var test = TestRun()
                test.endpoint = daemon.endpoint
                nonisolated(unsafe) let daemon = daemon

                let ending = try await test.carryOut(
                    "steps:\n  - cmd: --network none \(shell) \(Self.task)", marker: "line 9"
                ) {
                    _ in
                    await daemon.end(SIGKILL)
                    try await daemon.start()
                }

                #expect(ending.outcome.status == .succeeded, Comment(rawValue: ending.log))
                // A daemon that is killed takes with it what it has read from the container and not yet written.
                let numbers = ending.lines.filter { $0.hasPrefix("line ") }.compactMap { Int($0.dropFirst(5)) }
                #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
                #expect(numbers.first == 0 && numbers.last == 59 && numbers.count >= 50)
                #expect(ending.leftovers.isEmpty)
            }
        }
    }

    @Test func `F6 a step whose container died with its daemon ends the run as Error`() async throws {
        try await TestDaemon.with(keepsContainers: false) { daemon in
            try await TestHost.withShell(on: daemon.endpoint) { shell in
                var test = TestRun()
                test.endpoint = daemon.endpoint
                nonisolated(unsafe) let daemon = daemon
                let begin = ContinuousClock.now

                let ending = try await test.carryOut(
                    "steps: [{cmd: --network none \(shell) sh -c 'echo begun; sleep 600'}]", marker: "begun"
                ) {
                    _ in
                    await daemon.end(SIGKILL)
                    try await daemon.start()
                }

                #expect(ending.outcome.status == .error)
                #expect(
                    ending.outcome.message?.contains("docker daemon lost") == true, "\(ending.outcome.message ?? "")")
                #expect(ContinuousClock.now - begin < .seconds(100))
                #expect(ending.leftovers.isEmpty)
            }
        }
    }
}
