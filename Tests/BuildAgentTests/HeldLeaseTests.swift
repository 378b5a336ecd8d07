import AgentProtocol
import Logging
import Synchronization
import Testing

@testable import BuildAgent

struct HeldLeaseTests {
    private func lease(_ broker: ScriptedBroker, _ clock: ManualClock) -> HeldLease {
        HeldLease(
            LeaseID("x"), terms: LeaseTerms(), broker: broker,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, clock: clock)
    }

    @Test(arguments: [(begun: false, end: 75), (begun: true, end: 900)])
    func `T6 a run whose server is gone is given up by the agent's own clock`(begun: Bool, end: Int) async {
        let (broker, clock) = (ScriptedBroker(), ManualClock())
        broker.setAway(true)
        let lease = lease(broker, clock)
        if begun { lease.begin() }

        let keeping = Task { await lease.keep() }
        // One sleeps between renewals, the other until it looks again.
        let stepping = Task { while lease.stop == nil { await clock.step(whenAsleep: 2) } }
        await lease.waitForLoss()
        let ended = clock.now.offset
        await keeping.value
        await clock.release(stepping)

        #expect(lease.stop == .leaseGivenUp)
        #expect(ended >= .seconds(end))
        #expect(ended <= .seconds(end + 3))
    }

    @Test(arguments: [(LeaseState.canceled, RunStop.canceled), (.timedOut, .timedOut), (.lost, .leaseLost)])
    func `M2 an answer to a renewal carries what the run is to do`(answer: LeaseState, stop: RunStop) async {
        let broker = ScriptedBroker()
        broker.change { $0.renew = { _ in answer } }
        let lease = lease(broker, ManualClock())

        let keeping = Task { await lease.keep() }
        #expect(await lease.waitForStop() == stop)
        keeping.cancel()
        await keeping.value
    }

    @Test func `M2 a lease that is lost is lost, whatever was asked before`() async {
        let lease = lease(ScriptedBroker(), ManualClock())

        lease.stop(because: .canceled)
        lease.stop(because: .timedOut)
        #expect(lease.stop == .canceled)
        lease.stop(because: .leaseLost)
        lease.stop(because: .leaseGivenUp)

        #expect(lease.stop == .leaseLost)
        await lease.waitForLoss()
        let broken: Void? = await lease.untilLost { for await _ in AsyncStream<Void>.makeStream().stream {} }
        #expect(broken == nil)
    }

    @Test func `F5 an agent that was frozen asks before it begins anything`() async throws {
        let (broker, clock) = (ScriptedBroker(), ManualClock())
        let asked = Mutex<[Duration]>([])
        broker.change {
            $0.renew = { waiting in
                asked.withLock { $0.append(waiting) }; return .lost
            }
        }
        let lease = lease(broker, clock)
        lease.begin()
        try await lease.ensureAwake()
        #expect(asked.withLock { $0.isEmpty })

        // Nobody looked at the clock for an hour.
        let sleeper = Task { try await clock.sleep(for: .seconds(3600)) }
        await clock.step()
        try await sleeper.value

        await #expect(throws: CancellationError.self) { try await lease.ensureAwake() }
        #expect(lease.stop == .leaseLost)
        #expect(asked.withLock { $0 } == [.zero])
    }

    @Test func `F5 an agent that has looked at the clock since it was frozen still asks`() async {
        let (broker, clock) = (ScriptedBroker(), ManualClock())
        let asked = Mutex(0)
        broker.change {
            $0.renew = { waiting in
                if waiting == .zero {
                    asked.withLock { $0 += 1 }
                    return .lost
                }
                // On its way since before.
                for await _ in AsyncStream<Void>.makeStream().stream {}
                throw CancellationError()
            }
        }
        let lease = lease(broker, clock)
        let keeping = Task { await lease.keep() }

        // The deadline of the call, and the watch, which sleeps again when it has looked.
        await clock.advance(by: .seconds(20), whenAsleep: 2)
        await clock.advance(by: .zero, whenAsleep: 2)

        await #expect(throws: CancellationError.self) { try await lease.ensureAwake() }
        #expect(lease.stop == .leaseLost)
        #expect(asked.withLock { $0 } == 1)
        await keeping.value
    }

    @Test func `a lease of an agent that the server does not know any more is lost`() async {
        let broker = ScriptedBroker()
        broker.change { $0.renew = { _ in throw BrokerError.notAuthorized("it was removed") } }
        let lease = lease(broker, ManualClock())

        await lease.keep()

        #expect(lease.stop == .leaseLost)
    }

    @Test func `F2 an agent that was frozen while the server is away holds on`() async throws {
        let (broker, clock) = (ScriptedBroker(), ManualClock())
        broker.setAway(true)
        let lease = lease(broker, clock)
        lease.begin()

        let sleeper = Task { try await clock.sleep(for: .seconds(100)) }
        await clock.step()
        try await sleeper.value
        try await lease.ensureAwake()

        #expect(lease.stop == nil)
    }

    @Test func `T17 a renewal that is never answered is asked again`() async {
        let (broker, clock) = (ScriptedBroker(), ManualClock())
        let calls = Mutex(0)
        broker.change {
            $0.renew = { _ in
                calls.withLock { $0 += 1 }
                for await _ in AsyncStream<Void>.makeStream().stream {}
                throw CancellationError()
            }
        }
        let lease = lease(broker, clock)
        let keeping = Task { await lease.keep() }

        // The deadline of the call, and the watch.
        while calls.withLock({ $0 < 2 }) { await clock.step(whenAsleep: 2) }
        keeping.cancel()
        await keeping.value

        #expect(clock.now.offset >= .seconds(25))
    }
}
