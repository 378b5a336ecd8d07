import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Scheduling
import Storage
import TaskModel
import Testing

@testable import WebServer

struct LogStreamTests {
    private let path = WebFixture.scope + "local01/runs/ca1/log"

    /// Lets the run end with this log.
    private func finish(_ web: WebFixture, log: [UInt8]) async throws {
        _ = try await web.runs.claim(
            pool: PoolID(name: "default"), for: "a", lease: "lease", logLength: { _ in 0 }, at: web.time.date)
        _ = try web.logs.append(log, to: RunID(sequence: 1), at: web.logs.length(of: RunID(sequence: 1)))
        _ = try await web.runs.finish(lease: "lease", with: RunOutcome(status: .failed), at: web.time.date)
    }

    @Test func `a log that has ended is one event, and the end`() async throws {
        try await WebFixture.with { web async throws in
            let reader = try await web.login(RoleAssignment(.reader))
            try await finish(web, log: Array("hello\r\nw\u{fc}rld\r\n".utf8))

            let answer = try await web.call(reader, .get, path + "?follow=1")

            #expect(answer.headers[.contentType] == "text/event-stream")
            #expect(
                answer.text == """
                    event: log
                    id: 45
                    data: "hello\\r\\nw\u{fc}rld\\r\\nRun ID: ca1 failed after 0s.\\r\\n"

                    event: end
                    id: 45
                    data: {"status":"Failed"}


                    """)
        }
    }

    @Test func `whoever comes back goes on behind what was sent`() async throws {
        try await WebFixture.with { web async throws in
            let reader = try await web.login(RoleAssignment(.reader))
            try await finish(web, log: Array("hello\r\nworld\r\n".utf8))
            let name = try #require(HTTPField.Name("Last-Event-ID"))

            let answer = try await web.call(reader, .get, path + "?follow=1", headers: [name: "7"])
            let plain = try await web.call(reader, .get, path + "?offset=7")

            #expect(answer.text.contains(#"data: "world\r\nRun ID"#))
            #expect(plain.text == "world\r\nRun ID: ca1 failed after 0s.\r\n")
        }
    }

    @Test func `F11 a long log comes in parts that are no larger than what is held for a reader`() async throws {
        try await WebFixture.with { web async throws in
            let reader = try await web.login(RoleAssignment(.reader))
            let log = Array(String(repeating: "0123456789\u{20ac}", count: 20_000).utf8)
            try await finish(web, log: log)

            let answer = try await web.call(reader, .get, path + "?follow=1").text
            let parts = try answer.split(separator: "\n").filter { $0.hasPrefix("data: \"") }.map {
                try JSONDecoder().decode(String.self, from: Data($0.dropFirst(6).utf8))
            }

            #expect(parts.count > 3)
            #expect(parts.allSatisfy { $0.utf8.count <= LogStreamController.largestPart })
            #expect(Array(parts.joined().utf8.prefix(log.count)) == log)
        }
    }

    @Test func `a log that is removed while it is read breaks off`() async throws {
        try await WebFixture.with { web async throws in
            try await finish(web, log: Array("hello\r\n".utf8))
            let run = try #require(try await web.runs.find(RunID(sequence: 1)))
            let log = RunLog(run: run, store: web.logs)
            web.logs.remove(run.id)

            await #expect(throws: ServerError.self) { try await log.body(largestPart: 4).write(NoWriter()) }
            await #expect(throws: ServerError.self) { try await log.body(largestPart: 4096).write(NoWriter()) }
        }
    }

    @Test func `a wrong offset and an unknown run are told`() async throws {
        try await WebFixture.with { web async throws in
            let reader = try await web.login(RoleAssignment(.reader))

            #expect(try await web.call(reader, .get, path + "?offset=-1").status == .badRequest)
            #expect(
                try await web.call(reader, .get, WebFixture.scope + "local01/runs/ca9/log?follow=1").status == .notFound
            )
        }
    }

    @Test(arguments: [
        ("abc", 3), ("ab\u{e4}", 4), ("ab\u{20ac}", 5), ("a\u{1F600}", 5), ("", 0),
    ])
    func `a character is cut off only where it is not whole`(text: String, whole: Int) {
        let bytes = Array(text.utf8)

        #expect(LogEvents.wholeCharacters(of: bytes, isLast: false).count == whole)
        for cut in 1..<max(1, bytes.count) where bytes[cut] & 0xc0 == 0x80 {
            let part = Array(bytes[...(cut - 1)])
            #expect(LogEvents.wholeCharacters(of: part, isLast: true).count == part.count)
            #expect(String(validating: LogEvents.wholeCharacters(of: part, isLast: false), as: UTF8.self) != nil)
        }
    }
}

/// Takes what is written, and does nothing with it.
private struct NoWriter: ResponseBodyWriter {
    mutating func write(_ buffer: ByteBuffer) async throws {}
    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
