import AgentProtocol
import Logging
import Synchronization
import Testing

@testable import BuildAgent

/// How an agent tells its server how it is.
struct HeartbeatTests {
    @Test func `a slot that waits for a run is not busy, one that was filled is`() async throws {
        let slots = AgentSlots(2)
        let busyWhileAsking = Mutex(-1)

        let work = try await slots.fill { () -> Int? in
            busyWhileAsking.withLock { $0 = slots.busy }
            return 1
        }
        _ = try await slots.fill { () -> Int? in nil }

        #expect(work == 1)
        #expect(busyWhileAsking.withLock { $0 } == 0)
        #expect(slots.busy == 1)
        slots.giveBack()
        #expect(slots.busy == 0)
    }

    @Test func `contact is news only when it begins and when it ends`() {
        let contact = ServerContact()
        #expect(contact.problem != nil)

        #expect(contact.note(nil))
        #expect(!contact.note(nil))
        #expect(contact.note("refused"))
        #expect(!contact.note("timed out"))

        #expect(contact.problem == "timed out")
    }

    @Test func `T3 a heartbeat goes out every ten seconds, also while the server is away`() async throws {
        let (broker, clock) = (ScriptedBroker(), ManualClock())
        let beats = Mutex<[Duration]>([])
        let heartbeat = Heartbeat(
            agent: AgentID("a"), broker: broker, every: LeaseTerms().renewEvery, contact: ServerContact(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            report: {
                beats.withLock { $0.append(clock.now.offset) }
                return AgentReport()
            }, heed: { _ in }, clock: clock)

        let beating = Task { try await heartbeat.run() }
        for number in 1...5 {
            if number == 3 { broker.setAway(true) }
            await clock.pass(.seconds(10))
        }
        beating.cancel()
        try await beating.value

        #expect(beats.withLock { Array($0.prefix(5)) } == [0, 10, 20, 30, 40].map { Duration.seconds($0) })
    }

    @Test func `an agent that its server does not know any more stops`() async {
        let broker = ScriptedBroker()
        broker.change { $0.heartbeat = { throw BrokerError.notAuthorized("it was removed") } }
        let heartbeat = Heartbeat(
            agent: AgentID("a"), broker: broker, every: .seconds(10), contact: ServerContact(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, report: { AgentReport() },
            heed: { _ in }, clock: ManualClock())

        await #expect(throws: BrokerError.notAuthorized("it was removed")) { try await heartbeat.run() }
    }
}
