import Synchronization
import TaskModel

/// Image names of one daemon that a run is writing. Names are global there, so one run holds a name at a time.
///
/// A run takes all its names at once, so two runs never wait for each other; of those that want a name, who came first goes first.
final class ImageNameLocks: Sendable {
    private struct Waiter {
        let ticket: UInt64
        let run: RunID
        let names: Set<String>
        var continuation: CheckedContinuation<Void, Never>?
    }

    private struct State {
        var holders: [String: RunID] = [:]
        var waiters: [Waiter] = []
        var nextTicket: UInt64 = 0

        /// Who is in the way of this request: a holder, or somebody who asked earlier.
        func obstacle(to names: Set<String>, before ticket: UInt64) -> (name: String, run: RunID)? {
            for name in names.sorted() {
                if let holder = holders[name] { return (name, holder) }
                if let earlier = waiters.first(where: { $0.ticket < ticket && $0.names.contains(name) }) {
                    return (name, earlier.run)
                }
            }
            return nil
        }

        mutating func wakeAll() -> [CheckedContinuation<Void, Never>] {
            waiters.indices.compactMap { index in
                defer { waiters[index].continuation = nil }
                return waiters[index].continuation
            }
        }
    }

    private let state = Mutex(State())

    /// Takes the names, waiting while another run holds one of them.
    ///
    /// - Parameters:
    ///   - isLate: for a run that holds other names: whoever waits for these does not come first, since it may wait for
    ///     those, too. Two such runs can still be in each other's way: limit the time.
    ///   - onWait: called with a name and the run that is in the way, each time that is another one.
    /// - Throws: `CancellationError`; then nothing is held.
    func acquire(
        _ names: Set<String>, for run: RunID, isLate: Bool = false,
        onWait: @Sendable (_ name: String, _ run: RunID) async -> Void
    ) async throws {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            state.waiters.append(Waiter(ticket: state.nextTicket, run: run, names: names))
            return state.nextTicket
        }
        defer { leave(ticket) }
        var told: RunID?
        while true {
            try Task.checkCancellation()
            let obstacle = state.withLock { state in
                let obstacle = state.obstacle(to: names, before: isLate ? 0 : ticket)
                if obstacle == nil { for name in names { state.holders[name] = run } }
                return obstacle
            }
            guard let obstacle else { return }
            if told != obstacle.run {
                told = obstacle.run
                await onWait(obstacle.name, obstacle.run)
            }
            await change(ticket, names)
        }
    }

    func release(_ names: Set<String>, for run: RunID) {
        let waiting = state.withLock { state in
            for name in names where state.holders[name] == run { state.holders[name] = nil }
            return state.wakeAll()
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Does `work` while nobody else writes the name: what a run writes, that one takes off.
    ///
    /// - Returns: false, and nothing is done, if another run holds the name or waits for it.
    func whileFree(_ name: String, for run: RunID, _ work: () async throws -> Void) async rethrows -> Bool {
        let (isFree, isHeld) = state.withLock { state in
            if state.holders[name] == run { return (true, true) }
            guard state.obstacle(to: [name], before: .max) == nil else { return (false, false) }
            state.holders[name] = run
            return (true, false)
        }
        guard isFree else { return false }
        defer { if !isHeld { release([name], for: run) } }
        try await work()
        return true
    }

    /// The run that holds a name, if one does.
    func holder(of name: String) -> RunID? {
        state.withLock { $0.holders[name] }
    }

    /// Waits until the obstacle may have gone.
    private func change(_ ticket: UInt64, _ names: Set<String>) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    guard !Task.isCancelled, state.obstacle(to: names, before: ticket) != nil,
                        let index = state.waiters.firstIndex(where: { $0.ticket == ticket })
                    else { return true }
                    state.waiters[index].continuation = continuation
                    return false
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                state.waiters.firstIndex { $0.ticket == ticket }.flatMap { index in
                    defer { state.waiters[index].continuation = nil }
                    return state.waiters[index].continuation
                }
            }
            waiting?.resume()
        }
    }

    private func leave(_ ticket: UInt64) {
        let waiting = state.withLock { state in
            state.waiters.removeAll { $0.ticket == ticket }
            return state.wakeAll()
        }
        for continuation in waiting { continuation.resume() }
    }
}
