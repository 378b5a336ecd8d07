import Dispatch
import Synchronization

/// The files that a daemon has asked for and not got yet. The call's reader adds them; a thread that walks the context
/// takes them.
final class FileRequests: Sendable {
    private struct State {
        var pending: Set<UInt32> = []
        /// How many were ever added.
        var added = 0
        var isFinished = false
        var waiting: [DispatchSemaphore] = []

        mutating func takeWaiting() -> [DispatchSemaphore] {
            defer { waiting = [] }
            return waiting
        }
    }

    /// Requests come at once after the list. After so much silence nothing is waited for.
    private static let silence = 0.1

    private let state = Mutex(State())

    func add(_ id: UInt32) {
        let waiting = state.withLock { state in
            state.pending.insert(id)
            state.added += 1
            return state.takeWaiting()
        }
        for semaphore in waiting { semaphore.signal() }
    }

    /// Says that the daemon wants nothing more.
    func finish() {
        let waiting = state.withLock { state in
            state.isFinished = true
            return state.takeWaiting()
        }
        for semaphore in waiting { semaphore.signal() }
    }

    var isFinished: Bool { state.withLock(\.isFinished) }
    var isEmpty: Bool { state.withLock(\.pending.isEmpty) }

    /// Whether the file is asked for; then it counts as sent. Waits for a request as long as requests come in. Blocks.
    func take(_ id: UInt32, isPatient: inout Bool) -> Bool {
        while true {
            let (isTaken, added) = state.withLock { ($0.pending.remove(id) != nil, $0.added) }
            if isTaken { return true }
            guard isPatient, !isFinished else { return false }
            isPatient = wait(after: added)
        }
    }

    /// Waits until there are requests, or no more can come. Blocks.
    func waitForAny() {
        while true {
            let (isReady, added) = state.withLock { (!$0.pending.isEmpty || $0.isFinished, $0.added) }
            if isReady { return }
            _ = wait(after: added, silence: nil)
        }
    }

    /// - Returns: false if nothing happened for a while.
    private func wait(after added: Int, silence: Double? = FileRequests.silence) -> Bool {
        let semaphore = DispatchSemaphore(value: 0)
        let isLate = state.withLock { state in
            if state.added != added || state.isFinished { return true }
            state.waiting.append(semaphore)
            return false
        }
        if isLate { return true }
        guard let silence else {
            semaphore.wait()
            return true
        }
        return semaphore.wait(timeout: .now() + silence) == .success
    }
}
