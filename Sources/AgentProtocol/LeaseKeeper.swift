/// What an agent makes of the lease of one run, from what it knows itself. All times are of one clock that nobody sets.
///
/// The server counts a lease from when a renewal came, the agent from when it sent the last one that was answered: so the
/// agent always gives up first, and work that the server hands to another agent is dead by then.
public struct LeaseKeeper: Sendable, Hashable {
    public enum Verdict: Sendable, Hashable {
        /// The run goes on.
        case held
        /// The run goes on, and pushes nothing: nobody else can be given it.
        case holding
        /// Everything of the run is to be killed at once.
        case givenUp
    }

    public let terms: LeaseTerms
    /// Whether another agent may be given the run although it has begun (`retryOnAgentLoss`).
    public let isRepeatable: Bool
    public private(set) var hasBegun = false
    /// When the last renewal that was answered was sent.
    public private(set) var lastRenewal: Duration

    /// - Parameter now: no later than when the server counts the lease from.
    public init(_ terms: LeaseTerms, isRepeatable: Bool = false, at now: Duration) {
        self.terms = terms
        self.isRepeatable = isRepeatable
        lastRenewal = now
    }

    /// The server knows that the run has begun.
    public mutating func begin() {
        hasBegun = true
    }

    /// The server answered that the lease is held.
    ///
    /// - Parameter sent: when it was asked, not when it answered.
    public mutating func renew(sentAt sent: Duration) {
        lastRenewal = max(lastRenewal, sent)
    }

    public func verdict(at now: Duration) -> Verdict {
        if now < lastRenewal + terms.killAfter { return .held }
        return now < end ? .holding : .givenUp
    }

    /// When the verdict changes next if no renewal succeeds; nil once the run is given up.
    public func nextChange(after now: Duration) -> Duration? {
        switch verdict(at: now) {
        case .held: lastRenewal + terms.killAfter
        case .holding: end
        case .givenUp: nil
        }
    }

    /// When the run is given up.
    private var end: Duration {
        let isHeldOn = hasBegun && !isRepeatable
        return lastRenewal + (isHeldOn ? max(terms.hold, terms.killAfter) : terms.killAfter)
    }
}
