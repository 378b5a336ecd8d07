import AgentProtocol
import Foundation
import Logging
import TaskModel
import TestSupport
import Testing

@testable import BuildAgent

struct LogSpoolTests {
    private func writer(_ broker: ScriptedBroker, _ spool: any LogSpool, limit: Int64 = 1 << 30) async -> RunLogWriter {
        let log = RunLogWriter(
            broker: broker, lease: LeaseID("x"), secrets: [], limit: limit,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, spool: spool)
        _ = await log.open("step", isShared: false)
        return log
    }

    @Test func `G2 a step writes on while the server is away, and nothing is lost`() async throws {
        try await withTemporaryFolder { folder in
            let broker = ScriptedBroker()
            broker.setAway(true)
            let spool = try FileSpool(folder + "/log")
            let log = await writer(broker, spool)
            let piece = [UInt8](repeating: 0x61, count: 1 << 20)

            // More than would wait in memory, and nobody takes any of it.
            for _ in 0..<8 { await log.write(piece, to: 1) }
            broker.setAway(false)
            await log.close()
            try await log.ship()

            #expect(broker.log.count == 8 << 20)
            #expect(spool.length == 8 << 20)
            spool.remove()
            #expect(!FileManager.default.fileExists(atPath: folder + "/log"))
        }
    }

    @Test func `G1 the log is sent from where the server has it`() async throws {
        try await withTemporaryFolder { folder in
            let broker = ScriptedBroker()
            let log = await writer(broker, try FileSpool(folder + "/log"))

            await log.write(Array("first\n".utf8), to: 1)
            async let shipped: Void = log.ship()
            while broker.log.count < 7 { await Task.yield() }
            // It lost its last bytes.
            broker.cutLog(to: 3)
            await log.write(Array("second\n".utf8), to: 1)
            await log.close()
            try await shipped

            #expect(broker.text == "first\r\nsecond\r\n")
        }
    }

    @Test(arguments: [(spool: 10, limit: 20, words: "keeps no more than 10 bytes"), (20, 10, "limit of 10 bytes")])
    func `G3 what a full log has not is counted, and its last line says why`(spool: Int, limit: Int, words: String)
        async throws
    {
        try await withTemporaryFolder { folder in
            let broker = ScriptedBroker()
            let log = await writer(broker, try FileSpool(folder + "/log", limit: Int64(spool)), limit: Int64(limit))

            await log.write(Array("0123456789abc".utf8), to: 1)
            await log.write(Array("more".utf8), to: 1)
            await log.close()
            try await log.ship()

            #expect(broker.text.hasPrefix("0123456789\r\n"))
            #expect(broker.text.contains(words))
            #expect(broker.text.hasSuffix("What follows is not kept.\r\n"))
            #expect(await log.loss?.bytes == 7)
            #expect(await log.loss?.reason.contains(words) == true)
            #expect(await log.length == Int64(broker.log.count))
        }
    }

    @Test func `what is known of containers takes no more room the more they print`() throws {
        try withTemporaryFolder { folder in
            let spool = try FileSpool(folder + "/log")
            for count in 1...1000 {
                for (id, bytes) in [("a", 1), ("b", 2)] {
                    let mark = LogMark(container: id, standard: Int64(count * bytes))
                    try spool.append([0x61], mark: mark)
                }
                try spool.append([0x61], mark: nil)
            }
            let size = try FileManager.default.attributesOfItem(atPath: folder + "/log.marks")[.size] as? Int

            let again = try FileSpool(folder + "/log")

            #expect(size == 3 * 128)
            #expect(again.length == 3000)
            #expect(
                again.marks == [
                    "a": LogMark(container: "a", standard: 1000), "b": LogMark(container: "b", standard: 2000),
                ])
        }
    }

    @Test func `G3 a log that the server refuses ends with a line that says so`() async throws {
        let broker = ScriptedBroker()
        broker.change { $0.append = { if $0.contains("two") { throw BrokerError.refused("it is too much") } } }
        let log = await writer(broker, MemorySpool())

        await log.write(Array("one\n".utf8), to: 1)
        async let shipped: Void = log.ship()
        while broker.log.count < 5 { await Task.yield() }
        await log.write(Array("two\n".utf8), to: 1)
        await log.close()
        try await shipped

        #expect(broker.text.hasPrefix("one\r\n"))
        #expect(broker.text.contains("The log ends here: the server refused it: it is too much."))
        #expect(await log.length == Int64(broker.log.count))
        #expect(await log.loss?.bytes == 5)
    }

    @Test func `G3 of a server that refuses any log nothing more is asked`() async throws {
        let broker = ScriptedBroker()
        broker.change { $0.append = { _ in throw BrokerError.refused("no logs") } }
        let log = await writer(broker, MemorySpool())

        await log.write(Array("one\n".utf8), to: 1)
        await log.close()
        try await log.ship()

        #expect(await log.length == 0)
    }

    /// A disk that is full after some bytes.
    private struct FullDisk: LogSpool {
        var kept = MemorySpool()
        var left = 5

        var limit: Int64 { .max }
        var length: Int64 { kept.length }
        var hasRoom: Bool { true }

        mutating func append(_ bytes: [UInt8], mark: LogMark?) throws(SpoolError) {
            guard bytes.count <= left else { throw SpoolError(path: "/data/log", reason: "No space left on device") }
            left -= bytes.count
            try kept.append(bytes, mark: mark)
        }

        func read(at offset: Int64, most: Int) throws(SpoolError) -> [UInt8] { try kept.read(at: offset, most: most) }
        mutating func acknowledge(_ offset: Int64) { kept.acknowledge(offset) }
    }

    @Test func `G3 a log that the agent's disk can't take ends with a line that says so`() async throws {
        let broker = ScriptedBroker()
        let log = await writer(broker, FullDisk())

        await log.write(Array("12345".utf8), to: 1)
        await log.write(Array("678".utf8), to: 1)
        await log.close()
        try await log.ship()

        #expect(broker.text.hasPrefix("12345\r\n"))
        #expect(broker.text.contains("No space left on device"))
        #expect(await log.loss == LogLoss(bytes: 3, reason: "the agent could not write it: No space left on device"))
    }
}
