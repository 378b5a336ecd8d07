import AgentProtocol
import Foundation
import Storage
import TaskModel
import TestSupport
import Testing

@testable import Scheduling

/// What every form of the broker must do.
struct RunBrokerTests {
    private func text(_ server: TestServer, _ run: RunID) async throws -> String {
        let log = try await server.service.log(of: run.text, in: server.registry)
        return String(decoding: try log.read(from: 0, count: 10_000), as: UTF8.self)
    }

    @Test func `a run goes from its queue to its end`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit()
            let assignment = try #require(try await server.take())
            let image = OutputImage(registry: "localhost:5000", repository: "app", tag: "v1", digest: "sha256:1")

            try await server.broker.report(
                .resolved(SourceRevision(commit: "abc", branch: "main")), for: assignment.lease)
            try await server.broker.report(.began, for: assignment.lease)
            try await server.broker.appendLog(Array("hello\r\n".utf8), at: 0, for: assignment.lease)
            try await server.broker.finish(
                assignment.lease, with: RunOutcome(status: .succeeded, outputImages: [image]), logLength: 7)

            let ended = try await server.service.show(run.id.text, in: server.registry)
            #expect(ended.status == .succeeded)
            #expect(ended.outputImages == [image])
            #expect(ended.source == SourceRevision(commit: "abc", branch: "main"))
            #expect(try await text(server, run.id).contains(/^hello\r\nRun ID: ca1 was successful after \d+s\r\n$/))
        }
    }

    @Test func `a waiting agent gets a run as soon as it is there`() async throws {
        try await TestServer.with { server async throws in
            #expect(try await server.take() == nil)

            async let next = server.broker.nextRun(for: TestServer.agent, waiting: .seconds(600))
            let run = try await server.submit()

            #expect(try await next?.run == run.id)
        }
    }

    @Test func `a run goes to the agent that had the last one of its kind, if that asks`() async throws {
        try await TestServer.with { server async throws in
            let other = AgentID("agent-2")
            try await server.broker.register(
                AgentDescription(id: other, pool: "default", host: "h", slots: 1, version: "1"))
            _ = try await server.submit()
            _ = try #require(try await server.take())
            async let preferred = server.broker.nextRun(for: TestServer.agent, waiting: .seconds(600))
            async let patient = server.broker.nextRun(for: other, waiting: .seconds(600))
            try await eventually("both to ask") {
                server.broker.agents.areAsking([TestServer.agent, other])
            }

            let again = try await server.submit()
            #expect(try await preferred?.run == again.id)
            let unlike = try await server.submit(TestServer.request { $0.imageNames = ["other:v1"] })
            #expect(try await patient?.run == unlike.id)

            // Nobody else asks.
            let third = try await server.submit()
            #expect(try await server.broker.nextRun(for: other, waiting: .zero)?.run == third.id)
        }
    }

    @Test func `M2 whoever renews learns of a cancel at once`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit()
            let assignment = try #require(try await server.take())
            #expect(try await server.broker.renew(assignment.lease, waiting: .zero) == .held)

            async let state = server.broker.renew(assignment.lease, waiting: .seconds(600))
            _ = try await server.service.cancel(.ids([run.id]), in: server.registry, isDryRun: false, by: "tester")

            #expect(try await state == .canceled)
        }
    }

    @Test func `M3 nothing may be pushed once a stop was asked for`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit()
            let assignment = try #require(try await server.take())
            let image = try ImageReference("localhost:5000/app:v1")
            _ = try await server.broker.grantPush(assignment.lease, of: image)

            _ = try await server.service.cancel(.ids([run.id]), in: server.registry, isDryRun: false, by: "tester")

            await #expect(throws: BrokerError.pushRefused("the run is being canceled")) {
                try await server.broker.grantPush(assignment.lease, of: image)
            }
        }
    }

    @Test func `G3 a run does not end before its log is complete`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit()
            let assignment = try #require(try await server.take())
            try await server.broker.appendLog(Array("abc".utf8), at: 0, for: assignment.lease)

            await #expect(throws: BrokerError.logIncomplete(stored: 3)) {
                try await server.broker.finish(assignment.lease, with: RunOutcome(status: .succeeded), logLength: 4)
            }
            await #expect(throws: BrokerError.logOffset(expected: 3)) {
                try await server.broker.appendLog(Array("x".utf8), at: 9, for: assignment.lease)
            }

            #expect(try await server.service.show(run.id.text, in: server.registry).status == .started)
        }
    }

    @Test func `F5 writes with a lease that was lost are refused`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit()
            let lost = try #require(try await server.take())
            try await server.broker.appendLog(Array("first try\r\n".utf8), at: 0, for: lost.lease)
            try await server.broker.recover(agents: "agent-*")
            let held = try #require(try await server.take())

            #expect(held.run == run.id)
            #expect(held.epoch == 2)
            #expect(try await server.broker.renew(lost.lease, waiting: .zero) == .lost)
            await #expect(throws: BrokerError.leaseLost) {
                try await server.broker.appendLog(Array("late".utf8), at: 11, for: lost.lease)
            }
            await #expect(throws: BrokerError.leaseLost) {
                try await server.broker.finish(lost.lease, with: RunOutcome(status: .succeeded), logLength: 0)
            }
            try await server.broker.appendLog(Array("second\r\n".utf8), at: 0, for: held.lease)
            #expect(
                try await text(server, run.id).contains(/^first try\r\n[^\n]* waits for another one.\r\nsecond\r\n$/))
        }
    }

    @Test func `D3 a run that had begun ends after a restart and is not run again`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit()
            let assignment = try #require(try await server.take())
            try await server.broker.report(.began, for: assignment.lease)

            try await server.broker.recover(agents: "agent-*")

            #expect(try await server.service.show(run.id.text, in: server.registry).status == .error)
            #expect(try await server.take() == nil)
        }
    }
}
