import AgentProtocol
import Foundation
import Storage
import TaskModel
import TestSupport
import Testing

@testable import Scheduling

struct QueueReminderTests {
    private func lines(_ run: Run, _ server: TestServer) async throws -> [String] {
        let log = try await server.service.log(of: run.id.text, in: server.registry)
        return String(decoding: try log.read(from: 0, count: 10_000), as: UTF8.self).split(separator: "\r\n").map {
            String($0.dropFirst(20))
        }
    }

    @Test func `a run that waits says so in its log after a minute and then every four`() async throws {
        try await TestServer.with { server async throws in
            let first = try await server.submit()
            let second = try await server.submit()
            let start = max(first.createTime, second.createTime)

            for seconds in stride(from: 10.0, through: 600, by: 10) {
                try await server.reminder.remind(
                    dueAfter: start.addingTimeInterval(seconds - 10), until: start.addingTimeInterval(seconds))
                if seconds == 300 { _ = try await server.take() }
            }

            let missing = "pool default has no connected agent"
            #expect(
                try await lines(first, server) == [
                    "Waiting: \(missing)", "Still waiting: \(missing)", "Still waiting: \(missing)",
                ])
            #expect(
                try await lines(second, server) == [
                    "Waiting: \(missing)", "Still waiting: \(missing)", "Still waiting: \(missing)",
                    "Waiting: 1st in pool default; its agent is busy",
                    "Still waiting: 1st in pool default; its agent is busy",
                ])
        }
    }

    @Test(arguments: [(0.0, 0), (59.9, 0), (60, 1), (299.9, 1), (300, 2), (539, 2), (540, 3)])
    func `a line is due after a minute and then every four`(seconds: Double, count: Int) {
        let time = Date(timeIntervalSince1970: 1_800_000_000)
        let run = QueuedRun(
            id: RunID(sequence: 1), pool: PoolID(name: "p"), position: 0, registry: "local01", createTime: time)

        #expect(QueueReminder.reminders(until: time.addingTimeInterval(seconds), run) == count)
    }

    @Test func `a run that starts at once gets no line`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit()

            try await server.reminder.remind(dueAfter: run.createTime, until: run.createTime.addingTimeInterval(1))

            #expect(try await lines(run, server).isEmpty)
        }
    }

    @Test func `a run of a task that has as many runs as it may names them`() async throws {
        try await TestServer.with { server async throws in
            let request = TestServer.request { $0.queue.concurrency = 1 }
            func submit() async throws -> Run {
                try await server.service.submit(
                    request, type: .autoBuild, task: "nightly", to: server.registry, by: "tester")
            }
            _ = try await submit()
            let assignment = try #require(try await server.take())
            let second = try await submit()
            #expect(try await server.take() == nil)

            let shown = try await server.service.show(second.id.text, in: server.registry)
            #expect(shown.waitReason == "the limit of 1 run of task nightly is reached (ca1)")

            async let next = server.broker.nextRun(for: TestServer.agent, waiting: .seconds(600))
            try await server.broker.finish(assignment.lease, with: RunOutcome(status: .succeeded), logLength: 0)
            #expect(try await next?.run == second.id)
        }
    }

    @Test func `agents that take nothing say why`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit()
            func reason() async throws -> String? {
                try await server.service.show(run.id.text, in: server.registry).waitReason
            }
            try await server.broker.register(
                AgentDescription(id: TestServer.agent, pool: "default", host: "h", slots: 1, version: "1"))
            #expect(try await reason() == "1st in pool default; its agent is busy")

            _ = try await server.broker.heartbeat(
                AgentReport(obstacle: "less than 5 GiB free"), of: TestServer.agent)
            #expect(try await reason() == "agent agent-1: less than 5 GiB free")
            _ = try await server.broker.heartbeat(AgentReport(isStopping: true), of: TestServer.agent)
            #expect(try await reason() == "agent agent-1 takes no new runs (draining)")
            server.time.pass(.seconds(30))
            #expect(try await reason() == "pool default has no connected agent")
        }
    }

    @Test func `the usual wait is the median of the last ones`() async throws {
        try await TestServer.with { server async throws in
            for seconds in [10, 40, 400] {
                _ = try await server.submit()
                server.time.pass(.seconds(seconds))
                let assignment = try #require(try await server.take())
                try await server.broker.finish(assignment.lease, with: RunOutcome(status: .succeeded), logLength: 0)
            }

            let run = try await server.submit()

            #expect(
                try await server.service.show(run.id.text, in: server.registry).waitReason
                    == "1st in pool default; its agent is busy; usually 40 s")
        }
    }

    @Test func `a canceled run gets no line behind its last one`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit()
            _ = try await server.service.cancel(.ids([run.id]), in: server.registry, isDryRun: false, by: "tester")

            try await server.queueLog.write(
                [QueueLog.Line(run: run.id, text: "too late", reason: WaitReason("too late"))], at: Date())

            let log = try await server.service.log(of: run.id.text, in: server.registry)
            #expect(
                String(decoding: try log.read(from: 0, count: 1000), as: UTF8.self)
                    == "Run ID: ca1 was canceled after 0s.\r\n")
        }
    }

    @Test func `a line that could not be written is written the next time`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit()
            let path = server.folder + "/logs"
            try FileManager.default.moveItem(atPath: path, toPath: path + "-away")
            let (start, look) = (run.createTime, run.createTime.addingTimeInterval(10))
            await #expect(throws: StorageError.self) {
                try await server.reminder.remind(dueAfter: start, until: look)
            }
            try FileManager.default.moveItem(atPath: path + "-away", toPath: path)

            try await server.reminder.remind(dueAfter: look, until: look.addingTimeInterval(2))

            #expect(try await lines(run, server) == ["Waiting: pool default has no connected agent"])
        }
    }

    @Test(.timeLimit(.minutes(10))) func `a run that ends makes room for one of its task in another pool`() async throws
    {
        try await TestServer.with { server async throws in
            func submit(to pool: String) async throws -> Run {
                let request = TestServer.request {
                    $0.queue.concurrency = 1
                    $0.agentPoolName = pool
                }
                return try await server.service.submit(
                    request, type: .autoBuild, task: "nightly", to: server.registry, by: "tester")
            }
            _ = try await submit(to: "default")
            let assignment = try #require(try await server.take())
            let second = try await submit(to: "strict")
            let other = AgentID("agent-2")
            try await server.broker.register(
                AgentDescription(id: other, pool: "strict", host: "h", slots: 1, version: "1"))

            async let next = server.broker.nextRun(for: other, waiting: .seconds(600))
            try await eventually("the other to ask") { server.environment.agents.areAsking([other]) }
            try await server.broker.finish(assignment.lease, with: RunOutcome(status: .succeeded), logLength: 0)

            #expect(try await next?.run == second.id)
        }
    }

    @Test func `a follower is woken by the line`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit()

            async let log = server.service.log(
                of: run.id.text, in: server.registry, beyond: 0, waiting: .seconds(600))
            try await server.reminder.remind(
                dueAfter: run.createTime, until: run.createTime.addingTimeInterval(100))

            #expect(try await log.length > 0)
        }
    }

    @Test func `more runs than one transaction looks at are reminded`() async throws {
        try await TestServer.with { server async throws in
            for _ in 0..<500 { _ = try await server.submit() }
            let last = try #require(
                try await server.service.list(in: server.registry, RunFilter(), before: nil, limit: 1).first)

            try await server.reminder.remind(
                dueAfter: last.createTime, until: last.createTime.addingTimeInterval(61))

            #expect(try await lines(last, server) == ["Waiting: pool default has no connected agent"])
        }
    }
}
