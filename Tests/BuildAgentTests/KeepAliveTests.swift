import AgentProtocol
import CurlHTTP
import Foundation
import Logging
import Synchronization
import TaskModel
import Testing

@testable import BuildAgent

struct KeepAliveTests {
    /// A broker that keeps the log and hands out each piece of it.
    private final class Recorder: RunBroker {
        let stored = Mutex<[UInt8]>([])
        let pieces: AsyncStream<String>
        private let continuation: AsyncStream<String>.Continuation

        init() {
            (pieces, continuation) = AsyncStream<String>.makeStream()
        }

        func appendLog(_ bytes: [UInt8], at offset: Int64, for lease: LeaseID) async throws {
            stored.withLock { $0 += bytes }
            continuation.yield(String(decoding: bytes, as: UTF8.self))
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

        /// The lines so far, our own without their time.
        var lines: [String] {
            stored.withLock { String(decoding: $0, as: UTF8.self) }.split(separator: "\r\n").map {
                String($0.replacing(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d\s/, with: ""))
            }
        }
    }

    private func withLog(_ body: (Recorder, RunLogWriter, ManualClock) async throws -> Void) async throws {
        let (recorder, clock) = (Recorder(), ManualClock())
        let log = RunLogWriter(
            broker: recorder, lease: LeaseID("x"), secrets: [], limit: 1 << 20,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, clock: clock)
        _ = await log.open("build", isShared: false)
        async let shipped: Void = log.ship()
        try await body(recorder, log, clock)
        await log.close()
        try await shipped
    }

    private static let words: @Sendable (Duration) -> String = { "Step build: still running, \($0.brief)" }

    @Test func `a silent step says after a minute and then every four that it goes on`() async throws {
        try await withLog { recorder, log, clock in
            try await log.keepingAlive(Self.words) {
                for seconds in [59, 1, 239, 1, 240] { await clock.advance(by: .seconds(seconds)) }
                var pieces = recorder.pieces.makeAsyncIterator()
                for _ in 0..<3 { _ = await pieces.next() }
            }

            #expect(
                recorder.lines == [
                    "Step build: still running, 1m0s", "Step build: still running, 5m0s",
                    "Step build: still running, 9m0s",
                ])
        }
    }

    @Test func `a step that writes now and then says nothing more`() async throws {
        try await withLog { recorder, log, clock in
            try await log.keepingAlive(Self.words) {
                for _ in 0..<20 {
                    await clock.advance(by: .seconds(30))
                    await log.write(Array("output\n".utf8), to: 1)
                }
            }
            var pieces = recorder.pieces.makeAsyncIterator()
            while recorder.lines.count < 20 { _ = await pieces.next() }

            #expect(recorder.lines == Array(repeating: "output", count: 20))
        }
    }

    @Test func `after output the minute begins anew`() async throws {
        try await withLog { recorder, log, clock in
            try await log.keepingAlive(Self.words) {
                var pieces = recorder.pieces.makeAsyncIterator()
                await clock.advance(by: .seconds(60))
                _ = await pieces.next()
                await log.write(Array("output\n".utf8), to: 1)
                _ = await pieces.next()
                await clock.advance(by: .seconds(60))
                _ = await pieces.next()
            }

            #expect(
                recorder.lines == ["Step build: still running, 1m0s", "output", "Step build: still running, 2m0s"])
        }
    }
}
