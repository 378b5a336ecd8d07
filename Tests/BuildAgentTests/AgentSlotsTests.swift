import AgentProtocol
import Synchronization
import TaskModel
import Testing

@testable import BuildAgent

struct AgentSlotsTests {
    @Test func `as many runs are taken as there are slots, and more as soon as there are more`() async throws {
        let slots = AgentSlots(1)
        try await slots.take()

        async let second: Void = slots.take()
        slots.setCount(2)
        try await second
        async let third: Void = slots.take()
        slots.giveBack()
        try await third

        #expect(slots.count == 2)
    }

    @Test func `with fewer slots than runs none is taken until there is one for it`() async throws {
        let slots = AgentSlots(3)
        for _ in 0..<3 { try await slots.take() }
        async let overflow: Void = slots.overflow()
        slots.setCount(1)
        try await overflow

        let taken = Mutex(false)
        async let next: Void = {
            try await slots.take()
            taken.withLock { $0 = true }
        }()
        slots.giveBack()
        slots.giveBack()
        #expect(taken.withLock { !$0 })
        slots.giveBack()
        try await next
    }

    @Test func `whoever waits is let go when canceled`() async {
        let slots = AgentSlots(0)
        let task = Task { try await slots.take() }

        task.cancel()

        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func `a slot that was filled is taken, one that was not is free again`() async throws {
        let slots = AgentSlots(1)

        #expect(try await slots.fill { nil as String? } == nil)
        await #expect(throws: BrokerError.leaseLost) {
            try await slots.fill { () -> String? in throw BrokerError.leaseLost }
        }
        #expect(try await slots.fill { "run" } == "run")

        slots.setCount(2)
        try await slots.take()
    }

    /// Waits until canceled, then returns or throws as a broker may.
    private static func wait(_ begun: AsyncStream<Void>.Continuation, thenReturn work: String?) async throws -> String?
    {
        begun.yield()
        for await _ in AsyncStream<Void>.makeStream().stream {}
        if let work { return work }
        throw CancellationError()
    }

    @Test(arguments: [nil, "claimed"])
    func `who waits for a run stops when the slot goes, and keeps what came at that moment`(work: String?) async throws
    {
        let slots = AgentSlots(1)
        let (stream, begun) = AsyncStream<Void>.makeStream()

        async let filled = slots.fill { try await Self.wait(begun, thenReturn: work) }
        for await _ in stream { break }
        slots.setCount(0)

        #expect(try await filled == work)
        if work != nil { slots.giveBack() }
        slots.setCount(1)
        try await slots.take()
    }
}
