import Synchronization

/// Lets each caller do something so many times a second, after a burst: a bucket of tokens for each.
///
/// It remembers the latest callers only, at most twice ``capacity``; one that was forgotten starts with a full bucket.
final class RateLimit: Sendable {
    private struct Bucket {
        var tokens: Double
        var time: Duration
    }

    private struct State {
        var latest: [String: Bucket] = [:]
        var earlier: [String: Bucket] = [:]
    }

    private let perSecond: Double
    private let burst: Double
    private let capacity: Int
    private let now: @Sendable () -> Duration
    private let state = Mutex(State())

    /// - Parameters:
    ///   - burst: how many at once.
    ///   - now: time since any moment.
    init(perSecond: Double, burst: Int, capacity: Int = 10_000, now: @escaping @Sendable () -> Duration) {
        self.perSecond = perSecond
        self.burst = Double(burst)
        self.capacity = capacity
        self.now = now
    }

    /// Takes one for this caller.
    ///
    /// - Returns: nil if there was one, else the seconds until there is, at least 1.
    func take(_ caller: String) -> Int? {
        let now = now()
        return state.withLock { state in
            var bucket = filled(state, caller, now)
            defer { remember(bucket, of: caller, in: &state) }
            guard bucket.tokens >= 1 else { return seconds(until: bucket) }
            bucket.tokens -= 1
            return nil
        }
    }

    /// As ``take(_:)``, but leaves it there.
    func wait(_ caller: String) -> Int? {
        let now = now()
        return state.withLock { state in
            let bucket = filled(state, caller, now)
            return bucket.tokens >= 1 ? nil : seconds(until: bucket)
        }
    }

    private func filled(_ state: State, _ caller: String, _ now: Duration) -> Bucket {
        guard let known = state.latest[caller] ?? state.earlier[caller] else { return Bucket(tokens: burst, time: now) }
        let passed = max(0, (now - known.time) / .seconds(1))
        return Bucket(tokens: min(burst, known.tokens + passed * perSecond), time: now)
    }

    private func seconds(until bucket: Bucket) -> Int {
        max(1, Int(((1 - bucket.tokens) / perSecond - 1e-6).rounded(.up)))
    }

    private func remember(_ bucket: Bucket, of caller: String, in state: inout State) {
        if state.latest[caller] == nil, state.latest.count >= capacity {
            state.earlier = state.latest
            state.latest = [:]
        }
        state.latest[caller] = bucket
    }

    /// How many callers are remembered.
    var count: Int { state.withLock { $0.latest.count + $0.earlier.count } }
}
