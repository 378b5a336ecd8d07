import AgentProtocol

/// How an agent waits for a server that can't be reached.
enum Outage {
    private static let longestPause = Duration.seconds(5)

    /// Repeats a call while the server can't be reached, which ends with the task: a run's tasks are canceled when its
    /// lease is given up.
    ///
    /// - Parameters:
    ///   - attempts: for errors that are none of the protocol's: the server's store may be locked for a moment.
    ///   - willWait: told once, before the first wait.
    static func enduring<Result>(
        on clock: any Clock<Duration> = ContinuousClock(), attempts: Int = 5,
        willWait: (any Error) async -> Void = { _ in },
        _ call: () async throws -> Result
    ) async throws -> Result {
        var failures = 0
        while true {
            do {
                return try await call()
            } catch {
                guard !Task.isCancelled, isOutage(error, hasAttempts: failures + 1 < attempts) else { throw error }
                if failures == 0 { await willWait(error) }
                failures += 1
                try await clock.sleep(for: pause(after: failures))
            }
        }
    }

    /// - Parameter failures: so far, from 1.
    static func pause(after failures: Int) -> Duration {
        min(longestPause, .milliseconds(125 << min(failures, 10)))
    }

    private static func isOutage(_ error: any Error, hasAttempts: Bool) -> Bool {
        switch error {
        case BrokerError.unreachable: true
        case is BrokerError, is CancellationError: false
        default: hasAttempts
        }
    }
}
