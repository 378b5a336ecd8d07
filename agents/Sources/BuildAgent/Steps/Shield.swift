/// Work that a cancellation does not break off.
enum Shield {
    /// Carries a short piece of work out to its end, also when the caller is canceled meanwhile: a call that makes
    /// something on the daemon and is broken off may make it all the same, when nobody looks for it any more.
    static func finish<Result: Sendable>(_ work: @escaping @Sendable () async throws -> Result) async throws -> Result {
        try Task.checkCancellation()
        let result = try await Task { try await work() }.value
        try Task.checkCancellation()
        return result
    }

    /// Carries `work` out in a task that is not canceled with the caller's; `onCancel` is called once instead, and must
    /// make `work` end.
    static func carryOut<Result: Sendable>(
        _ work: @escaping @Sendable () async throws -> Result, onCancel: @escaping @Sendable () async -> Void
    ) async throws -> Result {
        try Task.checkCancellation()
        let (canceled, signal) = AsyncStream<Void>.makeStream()
        let task = Task {
            try await withThrowingTaskGroup(of: Result?.self) { group in
                group.addTask { try await work() }
                group.addTask {
                    for await _ in canceled {}
                    if !Task.isCancelled { await onCancel() }
                    return nil
                }
                defer { group.cancelAll() }
                while let result = try await group.next() {
                    if let result { return result }
                }
                throw CancellationError()
            }
        }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            signal.finish()
        }
    }
}
