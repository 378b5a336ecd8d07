/// Tells when an agent has shown no sign of life for too long, in times of a clock that nobody sets.
struct LifeWatch: Sendable {
    /// An agent that can't renew its leases has killed everything by then, see `LeaseTerms/killAfter`.
    static let standardSilence = Duration.seconds(85)

    let silence: Duration
    /// Between two looks.
    let every: Duration
    private var sign: UInt64?
    private var lastSign: Duration = .zero
    private var lastLook: Duration?

    init(silence: Duration = standardSilence, every: Duration = .seconds(5)) {
        self.silence = silence
        self.every = every
    }

    /// - Parameter sign: what is there to be seen; nil if the agent ended in order, or never began.
    /// - Returns: whether the agent is dead or hangs.
    mutating func look(_ sign: UInt64?, at now: Duration) -> Bool {
        // Who did not look for so long was frozen itself, as the agent may have been.
        let wasFrozen = lastLook.map { now - $0 > every + silence / 2 } ?? true
        lastLook = now
        if sign != self.sign || sign == nil || wasFrozen {
            self.sign = sign
            lastSign = now
        }
        return now - lastSign >= silence
    }
}
