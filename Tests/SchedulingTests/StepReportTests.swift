import AgentProtocol
import Foundation
import TaskModel
import Testing

@testable import Scheduling

struct StepReportTests {
    @Test func `what an agent tells of steps is what is shown of the run`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit()
            let lease = try #require(try await server.take()).lease
            var steps = [
                StepResult(id: "a", kind: .command, dependencies: []),
                StepResult(id: "b", kind: .push, dependencies: ["a"]),
            ]
            #expect(try await server.service.steps(of: run) == [])

            try await server.broker.report(.planned(steps), for: lease)
            #expect(try await server.service.steps(of: run) == steps)
            steps[0].status = .running
            steps[0].launches = 1
            try await server.broker.report(.step(steps[0]), for: lease)
            try await server.broker.report(
                .step(StepResult(id: "c", kind: .command, dependencies: [])), for: lease)
            #expect(try await server.service.steps(of: run) == steps)
            await #expect(throws: BrokerError.leaseLost) {
                try await server.broker.report(.planned([]), for: LeaseID("other"))
            }

            try await server.broker.finish(lease, with: RunOutcome(status: .failed), logLength: 0)
            #expect(try await server.service.steps(of: run).map(\.status) == [.interrupted, .skipped])
        }
    }
}
