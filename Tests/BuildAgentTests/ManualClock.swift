import Synchronization

/// A clock that a test moves. Sleepers wake when their time has come.
final class ManualClock: Clock {
    struct Instant: InstantProtocol {
        let offset: Duration

        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (one: Instant, other: Instant) -> Bool { one.offset < other.offset }
    }

    private struct State {
        var now = Instant(offset: .zero)
        var nextID = 0
        var sleepers: [Int: (deadline: Instant, continuation: CheckedContinuation<Void, Never>)] = [:]
        var isReleased = false
        var watchers: [(isDue: @Sendable (State) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var now: Instant { state.withLock { $0.now } }
    var minimumResolution: Duration { .zero }

    /// Waits until somebody sleeps, then moves the time on.
    ///
    /// - Parameter sleepers: so many.
    func advance(by duration: Duration, whenAsleep sleepers: Int = 1) async {
        await wait { $0.sleepers.count >= sleepers }
        move { $0.now.advanced(by: duration) }
    }

    /// Waits until so many sleep, then moves the time on to when the first of them wakes.
    func step(whenAsleep sleepers: Int = 1) async {
        await wait { $0.sleepers.count >= sleepers }
        move { state in max(state.now, state.sleepers.values.map(\.deadline).min() ?? state.now) }
    }

    /// Moves the time on from one sleeper to the next until `work` has ended.
    ///
    /// - Parameter tell: told the time after each step.
    func moving<Result: Sendable>(
        eachStep tell: @escaping @Sendable (Duration) -> Void = { _ in },
        _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let hasEnded = Atomic(false)
        let stepping = Task {
            while !hasEnded.load(ordering: .acquiring) {
                await step()
                tell(now.offset)
            }
        }
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await work()) } catch { result = .failure(error) }
        hasEnded.store(true, ordering: .releasing)
        await release(stepping)
        return try result.get()
    }

    /// Lets a task end that waits here for sleepers who don't come any more.
    func release(_ task: Task<Void, Never>) async {
        let watchers = state.withLock { state in
            state.isReleased = true
            defer { state.watchers = [] }
            return state.watchers
        }
        for watcher in watchers { watcher.continuation.resume() }
        await task.value
    }

    private func wait(until isDue: @escaping @Sendable (State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isNow = state.withLock { state in
                if state.isReleased || isDue(state) { return true }
                state.watchers.append((isDue, continuation))
                return false
            }
            if isNow { continuation.resume() }
        }
    }

    /// Waits until somebody sleeps for just this time, then lets it pass.
    func pass(_ duration: Duration) async {
        await wait { state in state.sleepers.values.contains { $0.deadline == state.now.advanced(by: duration) } }
        move { $0.now.advanced(by: duration) }
    }

    private func move(_ time: (State) -> Instant) {
        let due = state.withLock { state in
            state.now = time(state)
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in due { continuation.resume() }
    }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (isDue, watchers) = state.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
                    if Task.isCancelled || deadline <= state.now { return (true, []) }
                    state.sleepers[id] = (deadline, continuation)
                    let now = state
                    let due = now.watchers.filter { $0.isDue(now) }
                    state.watchers.removeAll { $0.isDue(now) }
                    return (false, due.map(\.continuation))
                }
                if isDue { continuation.resume() }
                for watcher in watchers { watcher.resume() }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: id) }?.continuation.resume()
        }
        try Task.checkCancellation()
    }
}
