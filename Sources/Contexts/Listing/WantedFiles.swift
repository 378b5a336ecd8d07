import Dispatch
import Synchronization

/// The files of a listing that somebody wants and has not got yet. Whoever asks adds them; a thread that reads the
/// context takes them.
public final class WantedFiles: Sendable {
    private struct State {
        var pending: Set<Int> = []
        /// Those in ``pending``, in the order in which they came, and perhaps some that are not any more.
        var order: [Int] = []
        var head = 0
        /// How many were ever added.
        var added = 0
        var isFinished = false
        var waiting: [DispatchSemaphore] = []

        mutating func takeWaiting() -> [DispatchSemaphore] {
            defer { waiting = [] }
            return waiting
        }

        mutating func takeNext() -> Int? {
            while head < order.count {
                let next = order[head]
                head += 1
                if head > 4096 {
                    order.removeFirst(head)
                    head = 0
                }
                if pending.remove(next) != nil { return next }
            }
            return nil
        }
    }

    /// Requests come at once after the list. After so much silence nothing is waited for.
    private static let silence = 0.1

    private let state = Mutex(State())

    public init() {}

    public func add(_ index: Int) {
        let waiting = state.withLock { state in
            if state.pending.insert(index).inserted { state.order.append(index) }
            state.added += 1
            return state.takeWaiting()
        }
        for semaphore in waiting { semaphore.signal() }
    }

    /// Says that nothing more is wanted, not even what was asked for.
    public func finish() {
        let waiting = state.withLock { state in
            state.isFinished = true
            return state.takeWaiting()
        }
        for semaphore in waiting { semaphore.signal() }
    }

    public var isEmpty: Bool { state.withLock(\.pending.isEmpty) }
    var isFinished: Bool { state.withLock(\.isFinished) }

    /// The next file, in the order of the requests; then it counts as given. Waits for one; nil when no more will be
    /// wanted. Blocks.
    func takeNext() -> Int? {
        while true {
            let (next, added, isFinished) = state.withLock { state in
                state.isFinished ? (nil, state.added, true) : (state.takeNext(), state.added, false)
            }
            if isFinished { return nil }
            if let next { return next }
            _ = wait(after: added, silence: nil)
        }
    }

    /// Whether the file is asked for; then it counts as given. Waits for a request as long as requests come in. Blocks.
    func take(_ index: Int, isPatient: inout Bool) -> Bool {
        while true {
            let (isTaken, added) = state.withLock { ($0.pending.remove(index) != nil, $0.added) }
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
    private func wait(after added: Int, silence: Double? = WantedFiles.silence) -> Bool {
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
