import Synchronization

/// Wakes tasks that wait for something to change: a queue, a log, a stop.
///
/// A waiter takes a mark, looks at the thing itself, and waits for a change after the mark: no change between looking and waiting is
/// missed. A wake-up says only that it is worth looking again.
final class Notifier<Key: Hashable & Sendable>: Sendable {
    private struct State {
        var version: UInt64 = 0
        var nextWaiter: UInt64 = 0
        var waiters: [Key: [UInt64: CheckedContinuation<Void, Never>]] = [:]
    }

    private let state = Mutex(State())

    func mark() -> UInt64 {
        state.withLock { $0.version }
    }

    func notify(_ key: Key) {
        let waiting = state.withLock { state in
            state.version += 1
            return state.waiters.removeValue(forKey: key)
        }
        for continuation in (waiting ?? [:]).values { continuation.resume() }
    }

    /// Waits until `key` changed after `mark`, `duration` has passed, or the task is canceled.
    func wait(for key: Key, after mark: UInt64, atMost duration: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await Task.sleep(for: duration) }  // canceled when the change comes first
            group.addTask { await self.change(of: key, after: mark) }
            await group.next()
            group.cancelAll()
        }
    }

    private func change(of key: Key, after mark: UInt64) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    if state.version != mark || Task.isCancelled { return true }
                    state.waiters[key, default: [:]][id] = continuation
                    return false
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                let continuation = state.waiters[key]?.removeValue(forKey: id)
                if state.waiters[key]?.isEmpty == true { state.waiters[key] = nil }
                return continuation
            }
            waiting?.resume()
        }
    }
}
