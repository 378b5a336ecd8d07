import Synchronization

/// What a daemon took of the files of a context.
public struct TransferStatistics: Sendable, Hashable {
    /// That the context has.
    public var files = 0
    /// That the daemon asked for.
    public var sentFiles = 0
    /// Of those files.
    public var sentBytes: Int64 = 0
    /// From the request for the build to the end of the transfer.
    public var duration = Duration.zero
}

/// Counts what is sent on a session, and tells when nothing moves any more.
final class TransferTally: Sendable {
    private struct State {
        var statistics = TransferStatistics()
        var begin = ContinuousClock.now
        /// Transfers under way.
        var open = 0
        /// Goes up with everything that is sent or received.
        var moves: UInt64 = 0
    }

    private let state = Mutex(State())

    /// The request for the build goes out now.
    func begin() { state.withLock { $0.begin = .now } }

    func openTransfer() { state.withLock { $0.open += 1 } }
    func closeTransfer() { state.withLock { $0.open -= 1 } }
    func move() { state.withLock { $0.moves += 1 } }

    func addFile(bytes: Int) {
        state.withLock { state in
            state.statistics.sentFiles += 1
            state.statistics.sentBytes += Int64(bytes)
            state.moves += 1
        }
    }

    /// The context with so many files is at the daemon.
    func finish(files: Int) -> TransferStatistics {
        state.withLock { state in
            state.statistics.files = files
            state.statistics.duration = .now - state.begin
            return state.statistics
        }
    }

    /// Returns when a transfer was under way for so long without anything being sent or received, or when the task is
    /// canceled.
    func waitForStall(_ limit: Duration) async {
        var last = state.withLock { $0 }
        while true {
            do { try await Task.sleep(for: limit) } catch { return }
            let now = state.withLock { $0 }
            if now.open > 0, last.open > 0, now.moves == last.moves { return }
            last = now
        }
    }
}
