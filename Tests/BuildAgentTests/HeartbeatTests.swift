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
}
