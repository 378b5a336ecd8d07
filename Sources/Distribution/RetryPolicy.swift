/// What trying once more would mean after an error.
public enum RetryVerdict: Sendable, Equatable {
    /// The answer would be the same.
    case giveUp
    /// It may pass; not before `after`, if the other side said so.
    case again(after: Duration?)
    /// Nothing could be connected to.
    case noConnection
}

/// How long and how often a registry is tried again: waits of 1 s to 60 s that double, with jitter, for 10 min in all.
public struct RetryPolicy: Sendable {
    /// The longest time from the first attempt to the beginning of the last.
    public var limit: Duration
    /// How often a registry is tried that can't be connected to at all; nil for as long as ``limit`` lasts.
    public var connectionAttempts: Int?
    /// Waiting and the measuring of time.
    public var clock: any Clock<Duration>
    /// A number between 0 and 1, for the jitter.
    public var random: @Sendable () -> Double

    public init(
        limit: Duration = .seconds(600), connectionAttempts: Int? = 3, clock: any Clock<Duration> = ContinuousClock(),
        random: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
    ) {
        self.limit = limit
        self.connectionAttempts = connectionAttempts
        self.clock = clock
        self.random = random
    }

    /// Carries `operation` out until it succeeds, fails for good, or the time is over.
    ///
    /// - Parameters:
    ///   - verdict: what an error means; by default that of a ``DistributionError``, and ``RetryVerdict/giveUp`` for
    ///     all others.
    ///   - willWait: told before each wait: the error, the number of the attempt that failed (from 1) and the wait.
    /// - Throws: the last error of `operation`; `CancellationError` when the task is canceled while it waits.
    public func run<Result>(
        verdict: (any Error) -> RetryVerdict = { ($0 as? DistributionError)?.retry ?? .giveUp },
        willWait: (any Error, Int, Duration) async -> Void = { _, _, _ in },
        _ operation: () async throws -> Result
    ) async throws -> Result {
        let elapsed = stopwatch(clock)
        var attempt = 0
        while true {
            attempt += 1
            do {
                return try await operation()
            } catch {
                guard let wait = wait(after: verdict(error), attempt: attempt, left: limit - elapsed()) else {
                    throw error
                }
                await willWait(error, attempt, wait)
                try await clock.sleep(for: wait)
            }
        }
    }

    /// How long to wait before the next attempt; nil if there is to be none.
    func wait(after verdict: RetryVerdict, attempt: Int, left: Duration) -> Duration? {
        switch verdict {
        case .giveUp:
            return nil
        case .again(let asked?):
            // Everybody was told the same time, so jitter only adds to it.
            let wait = max(asked, .seconds(1)) + .milliseconds(Int(random() * 1000))
            return wait <= left ? wait : nil
        case .again(nil):
            return backoff(attempt: attempt, left: left)
        case .noConnection:
            guard let connectionAttempts else { return backoff(attempt: attempt, left: left) }
            return attempt < connectionAttempts ? .milliseconds(250 << min(attempt - 1, 8)) : nil
        }
    }

    /// Half of 2, 4, 8 … 60 s and a random part of the other half; never past the end of the time.
    private func backoff(attempt: Int, left: Duration) -> Duration? {
        guard left > .zero else { return nil }
        let seconds = Double(min(60, 1 << min(attempt, 6)))
        return min(left, .milliseconds(Int((1 + random()) * seconds * 500)))
    }
}

/// The time since it was made, on that clock.
func stopwatch<C: Clock>(_ clock: C) -> @Sendable () -> Duration where C.Duration == Duration {
    let start = clock.now
    return { start.duration(to: clock.now) }
}
