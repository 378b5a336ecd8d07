import TaskModel
import Testing

@testable import BuildAgent

struct ImageNameLocksTests {
    private let first = RunID(sequence: 1)
    private let second = RunID(sequence: 2)
    private let third = RunID(sequence: 3)

    @Test func `a name is held by one run at a time, and the other is told for whom it waits`() async throws {
        let locks = ImageNameLocks()
        try await locks.acquire(["a", "b"], for: first) { _, _ in }
        let (told, tell) = AsyncStream<String>.makeStream()

        async let waiting: Void = locks.acquire(["b", "c"], for: second) { name, run in tell.yield("\(name) \(run)") }
        var words = told.makeAsyncIterator()
        #expect(await words.next() == "b ca1")
        #expect(locks.holder(of: "c") == nil)
        locks.release(["a", "b"], for: first)
        try await waiting

        #expect(locks.holder(of: "b") == second)
        #expect(locks.holder(of: "a") == nil)
    }

    @Test func `who came first goes first`() async throws {
        let locks = ImageNameLocks()
        try await locks.acquire(["a"], for: first) { _, _ in }
        let (order, enter) = AsyncStream<RunID>.makeStream()
        let (told, tell) = AsyncStream<Void>.makeStream()
        var words = told.makeAsyncIterator()

        try await withThrowingTaskGroup(of: Void.self) { group in
            for run in [second, third] {
                group.addTask {
                    try await locks.acquire(["a"], for: run) { _, _ in tell.yield() }
                    enter.yield(run)
                    locks.release(["a"], for: run)
                }
                await words.next()
            }
            locks.release(["a"], for: first)
            try await group.waitForAll()
        }

        enter.finish()
        var entered: [RunID] = []
        for await run in order { entered.append(run) }
        #expect(entered == [second, third])
    }

    @Test func `what takes a moment is done while nobody else writes the name, or not at all`() async throws {
        let locks = ImageNameLocks()
        var isDone = await locks.whileFree("a", for: first) { #expect(locks.holder(of: "a") == first) }
        #expect(isDone)
        #expect(locks.holder(of: "a") == nil)

        try await locks.acquire(["a"], for: first) { _, _ in }

        isDone = await locks.whileFree("a", for: first) {}
        #expect(isDone)
        isDone = await locks.whileFree("a", for: second) { Issue.record("another run holds it") }
        #expect(!isDone)
        #expect(locks.holder(of: "a") == first)
    }

    @Test func `a canceled wait holds nothing and stands in nobody's way`() async throws {
        let locks = ImageNameLocks()
        try await locks.acquire(["a"], for: first) { _, _ in }
        let (told, tell) = AsyncStream<Void>.makeStream()
        var words = told.makeAsyncIterator()

        let waiting = Task { try await locks.acquire(["a"], for: second) { _, _ in tell.yield() } }
        await words.next()
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        locks.release(["a"], for: first)
        try await locks.acquire(["a"], for: third) { _, _ in }

        #expect(locks.holder(of: "a") == third)
    }
}
