import AgentProtocol
import Logging
import Synchronization
import TaskModel
import Testing

@testable import BuildAgent

@Suite(.timeLimit(.minutes(10)))
struct PushGateTests {
    private let image = ImageReference(registry: "r.example", repository: "app", tag: "1")

    private func gate(_ broker: ScriptedBroker, _ clock: ManualClock) -> (PushGate, RunLogWriter) {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let lease = HeldLease(LeaseID("x"), terms: LeaseTerms(), broker: broker, logger: logger, clock: clock)
        let log = RunLogWriter(broker: broker, lease: lease.id, secrets: [], limit: 1 << 20, logger: logger)
        return (PushGate(broker: broker, lease: lease, log: log, clock: clock), log)
    }

    private static func hang() async throws {
        for await _ in AsyncStream<Void>.makeStream().stream {}
        throw CancellationError()
    }

    @Test func `M3 a grant is renewed while the push goes on`() async throws {
        let (broker, clock) = (ScriptedBroker(), ManualClock())
        let asked = Mutex<[Duration]>([])
        let (renewed, signal) = AsyncStream<Void>.makeStream()
        broker.change {
            $0.grant = {
                asked.withLock { $0.append(clock.now.offset) }
                if asked.withLock({ $0.count }) == 4 { signal.finish() }
                return PushGrant(credential: nil)
            }
        }
        let (gate, _) = gate(broker, clock)

        async let pushed: Void = gate.holding(image) { _ in for await _ in renewed {} }
        for _ in 0..<3 { await clock.pass(.seconds(20)) }
        try await pushed

        let times = asked.withLock { $0 }
        #expect(times == [0, 20, 40, 60].map { Duration.seconds($0) })
    }

    @Test func `M3 D11 a push is broken off 10 s before the end of a grant that can't be renewed, and begins again`()
        async throws
    {
        let (broker, clock) = (ScriptedBroker(), ManualClock())
        let (gate, log) = gate(broker, clock)
        let attempts = Mutex<[Duration]>([])
        let end = Mutex<Duration?>(nil)

        try await clock.moving {
            try await gate.holding(image) { _ in
                attempts.withLock { $0.append(clock.now.offset) }
                guard attempts.withLock({ $0.count }) == 1 else { return }
                broker.setAway(true)
                do { try await Self.hang() } catch {
                    end.withLock { $0 = clock.now.offset }
                    broker.setAway(false)
                    throw error
                }
            }
        }
        await log.close()
        try await log.ship()

        // The clock may go one step on before the work hears of it.
        let broken = try #require(end.withLock { $0 })
        #expect((.seconds(50)...Duration.seconds(51)).contains(broken))
        #expect(attempts.withLock { $0.count } == 2)
        #expect(broker.text.contains("could not be renewed"))
    }

    @Test func `F2 a push waits for a server that is away`() async throws {
        let (broker, clock) = (ScriptedBroker(), ManualClock())
        broker.setAway(true)
        let (gate, log) = gate(broker, clock)

        let pushed = try await clock.moving(eachStep: { if $0 >= .seconds(600) { broker.setAway(false) } }) {
            try await gate.holding(image) { _ in clock.now.offset }
        }

        #expect(pushed >= .seconds(600))
        await log.close()
        try await log.ship()
        #expect(broker.text.matches(of: /Waiting for permission/).count == 1)
    }

    @Test func `M3 a push that is refused cancels the work`() async throws {
        let (broker, clock) = (ScriptedBroker(), ManualClock())
        let (gate, _) = gate(broker, clock)

        await #expect(throws: CancellationError.self) {
            try await clock.moving {
                try await gate.holding(image) { _ in
                    broker.change { $0.grant = { throw BrokerError.pushRefused("the run is being canceled") } }
                    gate.lease.stop(because: .canceled)
                    try await Self.hang()
                }
            }
        }
        await #expect(throws: CancellationError.self) { try await gate.holding(image) { _ in } }
    }

    @Test func `S14 a run that may not push and is not to stop is told why`() async throws {
        let refusal = BrokerError.pushRefused("the run carries out what came from a fork, and pushes nothing")
        let broker = ScriptedBroker()
        broker.change { $0.grant = { throw refusal } }
        let (gate, _) = gate(broker, ManualClock())

        await #expect(throws: refusal) { try await gate.holding(image) { _ in } }
    }

    @Test func `F5 a push of an agent that was frozen is broken off before anything is asked`() async throws {
        let (broker, clock) = (ScriptedBroker(), ManualClock())
        let asked = Mutex(0)
        broker.change {
            $0.grant = {
                let count = asked.withLock { count in
                    count += 1
                    return count
                }
                if count > 1 { throw BrokerError.leaseLost }
                return PushGrant(credential: nil)
            }
        }
        let (gate, _) = gate(broker, clock)

        let pushed = Task { try await gate.holding(image) { _ in try await Self.hang() } }
        await clock.advance(by: .seconds(3600))

        await #expect(throws: CancellationError.self) { try await pushed.value }
    }
}
