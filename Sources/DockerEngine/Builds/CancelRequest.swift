import Synchronization

/// Whether somebody wants work to stop that ends itself in its own time.
final class CancelRequest: Sendable {
    private let stream: AsyncStream<Never>
    private let continuation: AsyncStream<Never>.Continuation
    private let made = Mutex(false)

    private init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    var isMade: Bool { made.withLock(\.self) }

    /// Returns when work is to stop, or when the waiting task is canceled.
    func wait() async {
        for await _ in stream {}
    }

    /// Carries out `work` in a task that is not canceled with the caller's: it is told, and ends when it has cleaned
    /// up.
    static func shield<Result: Sendable>(
        _ work: @escaping @Sendable (CancelRequest) async throws -> Result
    ) async throws -> Result {
        try Task.checkCancellation()
        let request = CancelRequest()
        let task = Task { try await work(request) }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            request.made.withLock { $0 = true }
            request.continuation.finish()
        }
    }
}
