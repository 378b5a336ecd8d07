import AgentProtocol
import CurlHTTP
import Foundation
import Logging
import Synchronization
import TaskModel
import Testing

@testable import BuildAgent

struct RunLogWriterTests {
    /// A broker that keeps the log, and refuses the first appends.
    private final class Recorder: RunBroker {
        let stored = Mutex<[UInt8]>([])
        let failures: Mutex<Int>

        let isLeaseLost: Bool

        init(failures: Int = 0, isLeaseLost: Bool = false) {
            self.failures = Mutex(failures)
            self.isLeaseLost = isLeaseLost
        }

        func appendLog(_ bytes: [UInt8], at offset: Int64, for lease: LeaseID) async throws {
            let fails = failures.withLock { left in
                defer { left -= 1 }
                return left > 0
            }
            if fails { throw isLeaseLost ? BrokerError.leaseLost : .contextMissing(RunID(sequence: 1)) }
            try stored.withLock { stored in
                guard Int(offset) == stored.count else { throw BrokerError.logOffset(expected: Int64(stored.count)) }
                stored += bytes
            }
        }

        func register(_ agent: AgentDescription) async throws {}
        func heartbeat(_ report: AgentReport, of agent: AgentID) async throws -> AgentOrders { AgentOrders() }
        func nextRun(for agent: AgentID, waiting: Duration) async throws -> RunAssignment? { nil }
        func uploadedContext(_ lease: LeaseID, in directory: String) async throws -> String { "" }
        func report(_ event: RunEvent, for lease: LeaseID) async throws {}
        func secret(_ location: SecretLocation, for lease: LeaseID) async throws -> Secret {
            throw BrokerError.secretMissing(location)
        }

        func keepOutput(_ form: ImageArchive, _ content: BytePipe, for lease: LeaseID) async throws {}
        func grantPush(_ lease: LeaseID, of image: ImageReference) async throws -> PushGrant {
            PushGrant(credential: nil)
        }
        func renew(_ lease: LeaseID, waiting: Duration) async throws -> LeaseState { .held }
        func finish(_ lease: LeaseID, with outcome: RunOutcome, logLength: Int64) async throws {}

        var text: String { stored.withLock { String(decoding: $0, as: UTF8.self) } }
    }

    private func writer(_ broker: Recorder, secrets: [String] = [], limit: Int64 = 1 << 20) async
        -> RunLogWriter
    {
        let log = RunLogWriter(
            broker: broker, lease: LeaseID("x"), secrets: secrets, limit: limit,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        _ = await log.open("step", isShared: false)
        return log
    }

    @Test func `nobody waits for room in the log of a lost run`() async throws {
        let log = await writer(Recorder(failures: 1, isLeaseLost: true), limit: 1 << 30)
        await log.write([UInt8](repeating: 0x61, count: 4 << 20), to: 1)

        async let written: Void = log.write(Array("more".utf8), to: 1)
        await #expect(throws: BrokerError.leaseLost) { try await log.ship() }

        await written
    }

    @Test func `nobody waits for room once the run is to end`() async throws {
        let log = await writer(Recorder(), limit: 1 << 30)
        await log.write([UInt8](repeating: 0x61, count: 4 << 20), to: 1)

        async let written: Void = log.write(Array("more".utf8), to: 1)
        await log.stopWaiting()

        await written
    }

    @Test func `G1 lone line feeds become CR LF, also at the border of two writes`() async throws {
        let broker = Recorder()
        let log = await writer(broker)

        await log.write(Array("a\nb\r".utf8), to: 1)
        await log.write(Array("\nc".utf8), to: 1)
        await log.close()
        try await log.ship()

        #expect(broker.text == "a\r\nb\r\nc")
        #expect(await log.length == 7)
    }

    @Test func `G2 bytes are sent again after an append that failed`() async throws {
        let broker = Recorder(failures: 2)
        let log = await writer(broker)

        await log.write(Array("kept\n".utf8), to: 1)
        await log.close()
        try await log.ship()

        #expect(broker.text == "kept\r\n")
    }

    @Test(arguments: [(9, false), (10, false), (11, true)])
    func `G4 the limit cuts the log with a line that says so`(count: Int, isCut: Bool) async throws {
        let broker = Recorder()
        let log = await writer(broker, limit: 10)

        await log.write([UInt8](repeating: 0x61, count: count), to: 1)
        await log.write(isCut ? Array("more".utf8) : [], to: 1)
        await log.close()
        try await log.ship()

        #expect(broker.text.hasPrefix(String(repeating: "a", count: min(count, 10))))
        #expect(broker.text.contains("limit of 10 bytes") == isCut)
        #expect(!broker.text.contains("more"))
    }

    @Test func `our own lines begin on a new line and show no control characters`() async throws {
        let broker = Recorder()
        let log = await writer(broker)

        await log.write(Array("no end".utf8), to: 1)
        await log.line("a\u{1b}[31m\nforged")
        await log.close()
        try await log.ship()

        #expect(broker.text.contains(/^no end\r\n\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d a\\u\{1b\}\[31m\\u\{a\}forged\r\n$/))
    }

    @Test func `a secret is masked where two sources write by turns`() async throws {
        let broker = Recorder()
        let log = await writer(broker, secrets: ["hunter2hunter2"])
        let other = await log.open("other", isShared: false)

        await log.write(Array("a hunter2".utf8), to: 1)
        await log.write(Array("b hunter2hun".utf8), to: other.number)
        await log.write(Array("hunter2\n".utf8), to: 1)
        await log.write(Array("ter2\n".utf8), to: other.number)
        await log.close()
        try await log.ship()

        #expect(!broker.text.contains("hunter2"))
        #expect(broker.text.count { $0 == "*" } == 6)
    }

    @Test func `a line that is too long for a shared log is cut, and what follows says so`() async throws {
        let broker = Recorder()
        let log = await writer(broker)
        let shared = await log.open("wide", isShared: true)

        await log.write([UInt8](repeating: 0x61, count: StepOutputBuffer.longestLine + 2), to: shared.number)
        await log.line("said meanwhile")
        await log.write(Array("b\nc".utf8), to: shared.number)
        await log.close()
        try await log.ship()

        let lines = broker.text.split(separator: "\r\n")
        #expect(lines[0] == "wide | " + String(repeating: "a", count: StepOutputBuffer.longestLine))
        #expect(lines[1].hasSuffix(" said meanwhile"))
        #expect(lines[2...] == ["wide + aab", "wide | c"])
    }
}
