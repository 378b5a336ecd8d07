import AgentProtocol

/// Calls to the server that may not last.
enum Deadline {
    /// Carries `work` out, which must end soon when it is canceled.
    ///
    /// - Throws: ``BrokerError/unreachable(_:)`` if it has not ended within `limit`.
    static func within<Result: Sendable>(
        _ limit: Duration, on clock: any Clock<Duration>, _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await clock.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let result = try await group.next() ?? nil else {
                throw BrokerError.unreachable("it did not answer within \(limit)")
            }
            return result
        }
    }
}
