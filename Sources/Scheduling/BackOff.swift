/// When something that failed is tried again: waits that double from 5 s to 15 min, a tenth more or less.
struct BackOff {
    private(set) var attempts = 0

    /// - Parameter least: what the other side asked for.
    mutating func next(atLeast least: Duration? = nil) -> Duration {
        let seconds = min(5 * Double(1 << min(attempts, 10)), 900)
        attempts += 1
        return max(.seconds(seconds * Double.random(in: 0.9...1.1)), least ?? .zero)
    }
}
