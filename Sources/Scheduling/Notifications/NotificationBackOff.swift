/// How long a target that fails is left alone: 10 s that double up to an hour, with jitter, for 24 h in all.
public struct NotificationBackOff: Sendable {
    /// After the first attempt.
    public var first: Duration = .seconds(10)
    public var longest: Duration = .seconds(3600)
    /// From writing a delivery down to its last attempt.
    public var limit: Duration = .seconds(86_400)
    /// A number between 0 and 1, for the jitter.
    public var random: @Sendable () -> Double = { .random(in: 0..<1) }

    public init() {}

    /// - Parameters:
    ///   - attempts: so far, at least 1.
    ///   - asked: what the target asks for; it waits no less.
    func wait(after attempts: Int, asked: Duration?) -> Duration {
        let doubled = min(first * (1 << min(max(attempts - 1, 0), 20)), longest)
        let wait = doubled / 2 + doubled / 2 * random()
        guard let asked else { return wait }
        // Everybody was told the same time, so jitter only adds to it.
        return max(wait, asked + first * random())
    }
}
