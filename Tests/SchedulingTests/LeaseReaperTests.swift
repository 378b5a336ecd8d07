import AgentProtocol
import Foundation
import Storage
import TaskModel
import Testing

@testable import Scheduling

/// What becomes of runs whose agents are not heard of any more.
struct LeaseReaperTests {
    private func lines(_ run: RunID, _ server: TestServer) async throws -> [String] {
        let log = try await server.service.log(of: run.text, in: server.registry)
        return String(decoding: try log.read(from: 0, count: 10_000), as: UTF8.self).split(separator: "\r\n")
            .map(String.init)
    }

    /// Lets time pass in which the reaper looks as it does.
    private func pass(_ duration: Duration, _ server: TestServer) async {
        for _ in 0..<duration.components.seconds {
            server.time.pass(.seconds(1))
            await server.reaper.look()
        }
    }

    @Test func `D3 a run that had begun ends with its agent, and its log says what is missing`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit()
            let assignment = try #require(try await server.take())
            try await server.broker.report(.began, for: assignment.lease)
            try await server.broker.appendLog(Array("hello\r\n".utf8), at: 0, for: assignment.lease)

            await pass(.seconds(89), server)
            #expect(try await server.service.show(run.id.text, in: server.registry).status == .running)
            await pass(.seconds(2), server)

            let ended = try await server.service.show(run.id.text, in: server.registry)
            #expect(ended.status == .error)
            #expect(
                ended.errorMessage
                    == "agent agent-1 was lost (not heard of for 1m30s) while the run was under way. Queue it again")
            #expect(ended.logLoss?.reason == "agent agent-1 was lost (not heard of for 1m30s)")
            let lines = try await lines(run.id, server)
            #expect(lines.count == 3)
            #expect(lines[0] == "hello")
            #expect(
                lines[1].hasSuffix("was lost (not heard of for 1m30s); what it had not sent of this log is missing."))
            #expect(lines[2].hasPrefix("Run ID: ca1 failed after 1m30s. Error: agent agent-1 was lost"))
            #expect(try await server.take() == nil)
        }
    }

    @Test func `D4 a run that had not begun is handed out three times`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit()
            for attempt in 1...3 {
                let assignment = try #require(try await server.take())
                #expect(assignment.epoch == attempt)
                await pass(.seconds(91), server)
            }

            let ended = try await server.service.show(run.id.text, in: server.registry)
            #expect(ended.status == .error)
            #expect(ended.errorMessage == "no agent could start the run: it was handed out 3 times")
        }
    }

    @Test func `D3 a run begins anew as often as it says`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit(TestServer.request { $0.queue.retryOnAgentLoss = 2 })
            for _ in 1...3 {
                let assignment = try #require(try await server.take())
                try await server.broker.report(.began, for: assignment.lease)
                await pass(.seconds(91), server)
            }

            #expect(try await server.service.show(run.id.text, in: server.registry).status == .error)
            #expect(try await server.service.show(run.id.text, in: server.registry).epoch == 3)
        }
    }

    @Test func `F5 an agent that was frozen can write nothing any more`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit()
            let lost = try #require(try await server.take())
            try await server.broker.appendLog(Array("first\r\n".utf8), at: 0, for: lost.lease)
            await pass(.seconds(91), server)
            let image = try ImageReference("localhost:5000/app:v1")

            #expect(try await server.broker.renew(lost.lease, waiting: .zero) == .lost)
            await #expect(throws: BrokerError.leaseLost) {
                try await server.broker.appendLog(Array("late\r\n".utf8), at: 7, for: lost.lease)
            }
            await #expect(throws: BrokerError.leaseLost) { try await server.broker.grantPush(lost.lease, of: image) }
            await #expect(throws: BrokerError.leaseLost) { try await server.broker.report(.began, for: lost.lease) }
            await #expect(throws: BrokerError.leaseLost) {
                try await server.broker.finish(lost.lease, with: RunOutcome(status: .succeeded), logLength: 0)
            }

            let held = try #require(try await server.take())
            try await server.broker.appendLog(Array("second\r\n".utf8), at: 0, for: held.lease)
            let lines = try await lines(run.id, server)
            #expect(lines.count == 3)
            #expect(lines[1].contains("before it had begun the run, which waits for another one."))
            #expect(lines[2] == "second")
        }
    }

    @Test func `T9 M4 a cancel is not shown as done before the agent is lost`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit()
            let assignment = try #require(try await server.take())
            try await server.broker.report(.began, for: assignment.lease)
            await pass(.seconds(60), server)
            _ = try await server.broker.renew(assignment.lease, waiting: .zero)
            _ = try await server.broker.grantPush(assignment.lease, of: try ImageReference("localhost:5000/app:v1"))

            _ = try await server.service.cancel(.ids([run.id]), in: server.registry, isDryRun: false, by: "tester")

            await pass(.seconds(89), server)
            #expect(try await server.service.show(run.id.text, in: server.registry).status == .running)
            await pass(.seconds(2), server)
            #expect(try await server.service.show(run.id.text, in: server.registry).status == .canceled)
        }
    }

    @Test func `F1 after a restart all leases get a full period, and stops go on`() async throws {
        try await TestServer.with { server async throws in
            let canceled = try await server.submit()
            let first = try #require(try await server.take())
            let going = try await server.submit()
            let second = try #require(try await server.take())
            for lease in [first.lease, second.lease] { try await server.broker.report(.began, for: lease) }
            _ = try await server.service.cancel(
                .ids([canceled.id]), in: server.registry, isDryRun: false, by: "tester")
            await pass(.seconds(80), server)

            let restarted = server.restarted()
            #expect(await restarted.reaper.resume())
            for _ in 0..<89 {
                server.time.pass(.seconds(1))
                await restarted.reaper.look()
            }

            #expect(try await restarted.broker.renew(second.lease, waiting: .zero) == .held)
            #expect(try await restarted.broker.renew(first.lease, waiting: .zero) == .canceled)
            #expect(try await server.service.show(going.id.text, in: server.registry).status == .running)
        }
    }

    @Test func `F1 an agent that is back before the server has looked at its leases keeps its run`() async throws {
        try await TestServer.with { server async throws in
            _ = try await server.submit()
            let assignment = try #require(try await server.take())

            let restarted = server.restarted()

            #expect(try await restarted.broker.renew(assignment.lease, waiting: .zero) == .held)
            try await restarted.broker.appendLog(Array("on\r\n".utf8), at: 0, for: assignment.lease)
        }
    }

    @Test func `T10 a run over its time is told to stop, and ends as Timeout whatever its agent says`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit(TestServer.request { $0.timeout = .seconds(30) })
            let assignment = try #require(try await server.take())
            try await server.broker.report(.began, for: assignment.lease)
            server.time.pass(.seconds(29))
            await server.deadline.look()
            #expect(try await server.broker.renew(assignment.lease, waiting: .zero) == .held)

            async let state = server.broker.renew(assignment.lease, waiting: .seconds(600))
            server.time.pass(.seconds(4))
            await server.deadline.look()
            #expect(try await state == .timedOut)
            await #expect(throws: BrokerError.pushRefused("the run's time is over")) {
                try await server.broker.grantPush(assignment.lease, of: try ImageReference("localhost:5000/app:v1"))
            }
            try await server.broker.finish(assignment.lease, with: RunOutcome(status: .succeeded), logLength: 0)

            let ended = try await server.service.show(run.id.text, in: server.registry)
            #expect(ended.status == .timeout)
            #expect(ended.errorMessage == "the run took longer than its limit of 30 s")
        }
    }

    @Test func `F2 T10 a run that ended in time while no server was there did not take too long`() async throws {
        try await TestServer.with { server async throws in
            let ended = try await server.submit(TestServer.request { $0.timeout = .seconds(3600) })
            let first = try #require(try await server.take())
            let hanging = try await server.submit(TestServer.request { $0.timeout = .seconds(3600) })
            let second = try #require(try await server.take())
            for lease in [first.lease, second.lease] { try await server.broker.report(.began, for: lease) }
            server.time.pass(.seconds(3720))

            let restarted = server.restarted()
            #expect(await restarted.reaper.resume())
            server.time.pass(.seconds(89))
            await restarted.deadline.look()
            try await restarted.broker.finish(first.lease, with: RunOutcome(status: .succeeded), logLength: 0)
            #expect(try await restarted.broker.renew(second.lease, waiting: .zero) == .held)
            server.time.pass(.seconds(1))
            await restarted.deadline.look()

            #expect(try await restarted.broker.renew(second.lease, waiting: .zero) == .timedOut)
            #expect(try await server.service.show(ended.id.text, in: server.registry).status == .succeeded)
            #expect(try await server.service.show(hanging.id.text, in: server.registry).status == .running)
        }
    }

    @Test func `T10 an agent's own count of the time comes before the server's`() async throws {
        try await TestServer.with { server async throws in
            _ = try await server.submit(TestServer.request { $0.timeout = .seconds(30) })
            let assignment = try #require(try await server.take())

            server.time.pass(.seconds(31))
            await server.deadline.look()

            #expect(try await server.broker.renew(assignment.lease, waiting: .zero) == .held)
        }
    }

    @Test(arguments: [true, false]) func `T11 a run that was put back waits since then`(isLost: Bool) async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit()
            server.time.pass(.seconds(86_399))
            let assignment = try #require(try await server.take())
            if isLost { await pass(.seconds(91), server) } else { await server.broker.takeBack(assignment) }

            server.time.pass(.seconds(86_390))
            try await server.queueDeadline.look()
            #expect(try await server.service.show(run.id.text, in: server.registry).status == .queued)
            server.time.pass(.seconds(10))
            try await server.queueDeadline.look()
            #expect(try await server.service.show(run.id.text, in: server.registry).status == .error)
        }
    }

    @Test func `T11 a run that waits too long ends as Error`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit()

            server.time.pass(.seconds(86_399))
            try await server.queueDeadline.look()
            #expect(try await server.service.show(run.id.text, in: server.registry).status == .queued)
            server.time.pass(.seconds(1))
            try await server.queueDeadline.look()

            let ended = try await server.service.show(run.id.text, in: server.registry)
            #expect(ended.status == .error)
            #expect(ended.errorMessage == "not started within 24 h")
        }
    }

    @Test func `M5 a finish that was sent again is answered with what is stored`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit()
            let assignment = try #require(try await server.take())
            try await server.broker.finish(assignment.lease, with: RunOutcome(status: .succeeded), logLength: 0)

            try await server.broker.finish(assignment.lease, with: RunOutcome(status: .failed), logLength: 0)
            let answers = try await server.service.cancel(
                .ids([run.id]), in: server.registry, isDryRun: false, by: "tester")

            #expect(answers.runs.map(\.result) == [.alreadyFinished])
            #expect(try await server.service.show(run.id.text, in: server.registry).status == .succeeded)
        }
    }

    @Test func `M4 a run whose end comes after the cancel is Canceled, and shows what it pushed`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit()
            let assignment = try #require(try await server.take())
            try await server.broker.report(.began, for: assignment.lease)
            _ = try await server.service.cancel(.ids([run.id]), in: server.registry, isDryRun: false, by: "tester")
            let image = OutputImage(registry: "localhost:5000", repository: "app", tag: "v1", digest: "sha256:1")

            try await server.broker.finish(
                assignment.lease, with: RunOutcome(status: .succeeded, outputImages: [image]), logLength: 0)

            let ended = try await server.service.show(run.id.text, in: server.registry)
            #expect(ended.status == .canceled)
            #expect(ended.outputImages == [image])
        }
    }

    @Test func `a run that its agent never got waits again, and the hand-out is not counted`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit()
            for _ in 0..<4 {
                let assignment = try #require(try await server.take())
                await server.broker.takeBack(assignment)
            }

            #expect(try await server.service.show(run.id.text, in: server.registry).status == .queued)
        }
    }

    @Test func `D2 T5 a lost run that can't be recorded holds up no other`() async throws {
        try await TestServer.with { server async throws in
            let runs = [try await server.submit(), try await server.submit()]
            _ = try #require(try await server.take())
            // Both are lost at one look, this one first.
            server.time.pass(.milliseconds(500))
            _ = try #require(try await server.take())

            try await server.whileNoRunMoves(only: runs[0].id) { () async throws in await pass(.seconds(91), server) }

            #expect(try await server.service.show(runs[0].id.text, in: server.registry).status == .started)
            #expect(try await server.service.show(runs[1].id.text, in: server.registry).status == .queued)
        }
    }

    @Test(arguments: [Int64.max, .max - 3, -1, .min])
    func `S24 a place in a log that can't be is refused`(offset: Int64) async throws {
        try await TestServer.with { server async throws in
            _ = try await server.submit()
            server.time.pass(.seconds(1))
            try await server.reminder.remind(
                dueAfter: server.time.date, until: server.time.date.addingTimeInterval(10))
            let assignment = try #require(try await server.take())

            await #expect(throws: BrokerError.self) {
                try await server.broker.appendLog(Array("x".utf8), at: offset, for: assignment.lease)
            }
        }
    }

    @Test func `F9 while the database is away nobody is lost, and all leases begin anew when it is back`() async throws
    {
        try await TestServer.with { server async throws in
            let run = try await server.submit()
            let assignment = try #require(try await server.take())
            try await server.broker.report(.began, for: assignment.lease)
            server.time.pass(.seconds(3))
            await server.reaper.look()

            try await server.whileNoRunMoves { () async throws in
                await pass(.seconds(91), server)
                #expect(try await server.broker.renew(assignment.lease, waiting: .zero) == .held)
                try await server.broker.appendLog(Array("still here\r\n".utf8), at: 0, for: assignment.lease)
                #expect(try await lines(run.id, server) == ["still here"])
            }

            await pass(.seconds(85), server)
            #expect(try await server.service.show(run.id.text, in: server.registry).status == .running)
            await pass(.seconds(10), server)
            #expect(try await server.service.show(run.id.text, in: server.registry).status == .error)
        }
    }
}
