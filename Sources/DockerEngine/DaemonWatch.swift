/// Notices that a daemon hangs while a call lasts that may be silent for long.
struct DaemonWatch: Sendable {
    /// Between two questions.
    var interval = Duration.seconds(10)
    /// For one answer.
    var timeout = Duration.seconds(15)
    /// So many missing answers in a row mean that the daemon is lost.
    var failures = 3
}

extension DockerClient {
    /// Carries out `work`, and gives it up with ``DockerError/lost(action:reason:)`` when the daemon answers nothing
    /// else any more.
    func watching<Result: Sendable>(_ action: String, _ work: @escaping @Sendable () async throws -> Result)
        async throws -> Result
    {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await self.waitUntilLost(action)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let result = first else { throw CancellationError() }
            return result
        }
    }

    private func waitUntilLost(_ action: String) async throws {
        var missing = 0
        while true {
            try await Task.sleep(for: watch.interval)
            do {
                try await ping(timeout: watch.timeout)
                missing = 0
            } catch let error as DockerError {
                missing += 1
                guard missing < watch.failures else { throw DockerError.lost(action: action, reason: "\(error)") }
            }
        }
    }
}
