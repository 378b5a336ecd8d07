import Foundation
import Storage
import TaskModel
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

            #expect(
                try await lines(first, server) == [
                    "Still waiting: 1st in pool default", "Still waiting: 1st in pool default",
                ])
            #expect(
                try await lines(second, server) == [
                    "Still waiting: 2nd in pool default", "Still waiting: 2nd in pool default",
                    "Still waiting: 1st in pool default",
                ])
        }
    }

    @Test func `a canceled run gets no line behind its last one`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit()
            _ = try await server.service.cancel(.ids([run.id]), in: server.registry, isDryRun: false, by: "tester")

            try await server.queueLog.write([(run.id, "too late")], at: Date())

            let log = try await server.service.log(of: run.id.text, in: server.registry)
            #expect(
                String(decoding: try log.read(from: 0, count: 1000), as: UTF8.self)
                    == "Run ID: ca1 was canceled after 0s.\r\n")
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

            #expect(try await lines(last, server) == ["Still waiting: 500th in pool default"])
        }
    }
}
