import Synchronization

/// How many runs an agent may carry out at once, and how many it does. The number may change at any time.
///
/// Fewer than there are runs: they go on, and none is begun until one more has room.
public final class AgentSlots: Sendable {
    /// Why none is filled for a time.
    public enum Closing: Sendable, Hashable {
        /// The agent can't take runs: see ``AgentHealth``.
        case unwell
        /// The server wants it to take none.
        case draining
    }

    private struct State {
        var count: Int
        var taken = 0
        /// Those of the taken ones that wait for what is to fill them.
        var unfilled = 0
        var closings: Set<Closing> = []
        var version: UInt64 = 0
        var nextWaiter: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]

        mutating func change() -> [CheckedContinuation<Void, Never>] {
            version += 1
            defer { waiters = [:] }
            return Array(waiters.values)
        }
    }

    private let state: Mutex<State>

    public init(_ count: Int) {
        state = Mutex(State(count: count))
    }

    public var count: Int { state.withLock { $0.count } }
    public var taken: Int { state.withLock { $0.taken } }
    /// How many runs go on.
    public var busy: Int { state.withLock { $0.taken - $0.unfilled } }

    public func setCount(_ count: Int) {
        change { $0.count = count }
    }

    /// Runs go on, and none is taken until nothing closes the slots any more.
    public func setClosed(_ isClosed: Bool, because closing: Closing) {
        change { state in
            if isClosed { state.closings.insert(closing) } else { state.closings.remove(closing) }
        }
    }

    /// Takes a slot and waits for what is to fill it, but no longer than there is that slot.
    ///
    /// - Returns: what `next` returned; then the slot is taken until ``giveBack()``.
    func fill<Work: Sendable>(_ next: @escaping @Sendable () async throws -> Work?) async throws -> Work? {
        try await take()
        state.withLock { $0.unfilled += 1 }
        do {
            if let work = try await unlessOverflowing(next) {
                state.withLock { $0.unfilled -= 1 }
                return work
            }
        } catch {
            giveBackUnfilled()
            throw error
        }
        giveBackUnfilled()
        return nil
    }

    private func giveBackUnfilled() {
        change { state in
            state.unfilled -= 1
            state.taken -= 1
        }
    }

    private func unlessOverflowing<Work: Sendable>(
        _ next: @escaping @Sendable () async throws -> Work?
    ) async throws -> Work? {
        try await withThrowingTaskGroup(of: Work?.self) { group in
            group.addTask(operation: next)
            group.addTask {
                try? await self.overflow()  // canceled: something came, or the time is over
                return nil
            }
            let first = try await group.next() ?? nil
            group.cancelAll()
            do {
                // What was canceled may have got something all the same.
                let second = try await group.next() ?? nil
                return first ?? second
            } catch is CancellationError where !Task.isCancelled {
                return first
            }
        }
    }

    /// Takes a slot, waiting for a free one.
    ///
    /// - Throws: `CancellationError`; then none is taken.
    func take() async throws {
        try await wait { state in
            guard state.taken < state.count, state.closings.isEmpty else { return false }
            state.taken += 1
            return true
        }
    }

    /// Takes a slot, free or not, for a run that goes on already.
    func occupy() {
        change { $0.taken += 1 }
    }

    func giveBack() {
        change { $0.taken -= 1 }
    }

    /// Waits until more slots are taken than there are, or they are closed.
    ///
    /// - Throws: `CancellationError`
    func overflow() async throws {
        try await wait { $0.taken > $0.count || !$0.closings.isEmpty }
    }

    private func change(_ work: (inout State) -> Void) {
        let waiting = state.withLock { state in
            work(&state)
            return state.change()
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Waits until `attempt` succeeds: tried now and after each change.
    private func wait(until attempt: (inout State) -> Bool) async throws {
        while true {
            try Task.checkCancellation()
            let version: UInt64? = state.withLock { attempt(&$0) ? nil : $0.version }
            guard let version else { return }
            await changed(after: version)
        }
    }

    private func changed(after version: UInt64) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    if state.version != version || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}
