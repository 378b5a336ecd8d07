import Foundation
import TaskModel
import Testing

@testable import BuildAgent

@Suite(.needsOwnDaemon, .serialized, .timeLimit(.minutes(10)))
struct DaemonLossTests {
    private static let task = "sh -c 'i=0; while [ $i -lt 60 ]; do echo line $i; i=$((i+1)); sleep 0.1; done'"

    @Test func `F6 a step goes on over a kill of its daemon if its container does, and no byte is lost or doubled`()
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
                #expect(ending.lines.filter { $0.hasPrefix("line ") } == (0..<60).map { "line \($0)" })
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
