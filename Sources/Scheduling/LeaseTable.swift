import AgentProtocol
import TaskModel

/// The leases that agents hold, on a clock that this value is told: times are durations since the process began.
///
/// Leases live here and not in the store, so that a renewal writes nothing. What must outlast the process, who has which run and what was
/// asked to stop, the store has too; whatever is missing here after a restart is added with a full new period.
struct LeaseTable: Sendable {
    /// An attempt that goes on.
    struct Holding: Sendable, Hashable {
        let lease: LeaseID
        let run: RunID
        let agent: String
        let pool: PoolID
        /// Where the agent's stream begins in the stored log.
        let logStart: Int64
    }

    private struct Entry {
        let holding: Holding
        var until: Duration
        /// When the last permission to push is over.
        var grantedUntil: Duration
        var stop: StopReason?
        /// When the run's time is over; nil once it was asked to stop for that.
        var deadline: Duration?
        /// Whether the verdict that it is lost is being written.
        var isJudged = false

        var end: Duration { max(until, grantedUntil) }
    }

    let terms: LeaseTerms
    private var entries: [LeaseID: Entry] = [:]
    private var leases: [RunID: LeaseID] = [:]
    /// When ``takeLost(at:)`` was called last.
    private var lastLook: Duration?

    init(terms: LeaseTerms) {
        self.terms = terms
    }

    /// How often ``takeLost(at:)`` is to be called.
    var lookEvery: Duration { min(.seconds(1), terms.duration / 12) }

    /// The longest time between two looks in which agents could be heard all the time.
    var longestLook: Duration { lookEvery + min(.seconds(3), terms.duration / 12) }

    /// How long permission to push lasts: a minute, or less for leases that are shorter than 90 s.
    var grantDuration: Duration { min(.seconds(60), terms.duration * 2 / 3) }

    var count: Int { entries.count }

    // MARK: Holding

    /// Notes a lease, for a full period; one that is known stays as it is, but for a stop that it did not hear of.
    ///
    /// - Parameter deadline: when the run's time is over.
    mutating func add(_ holding: Holding, stop: StopReason? = nil, deadline: Duration, at now: Duration) {
        guard entries[holding.lease] == nil else {
            if let stop { note(stop, of: holding.lease) }
            return
        }
        entries[holding.lease] = Entry(
            holding: holding, until: now + terms.duration, grantedUntil: .zero, stop: stop,
            deadline: stop == .timeout ? nil : deadline)
        leases[holding.run] = holding.lease
    }

    mutating func remove(_ lease: LeaseID) {
        guard let entry = entries.removeValue(forKey: lease) else { return }
        if leases[entry.holding.run] == lease { leases[entry.holding.run] = nil }
    }

    func find(_ lease: LeaseID) -> Holding? { entries[lease]?.holding }

    /// Renews a lease from the moment its renewal came.
    ///
    /// - Returns: nil for one that is not known.
    mutating func renew(_ lease: LeaseID, at now: Duration) -> RunStanding? {
        guard let entry = entries[lease] else { return nil }
        if !entry.isJudged { entries[lease]?.until = max(entry.until, now + terms.duration) }
        return standing(of: lease)
    }

    func standing(of lease: LeaseID) -> RunStanding? {
        guard let entry = entries[lease] else { return nil }
        if entry.isJudged { return .lost }
        return entry.stop.map(RunStanding.stopping) ?? .held
    }

    /// Permits to push, no longer than the lease lasts: the end of the lease is the end of all pushes.
    ///
    /// - Returns: for how long; zero if the lease has to be renewed first, nil for one that is not known or that is to stop.
    mutating func grant(_ lease: LeaseID, at now: Duration) -> Duration? {
        guard let entry = entries[lease], !entry.isJudged, entry.stop == nil else { return nil }
        let duration = max(.zero, min(grantDuration, entry.until - now))
        entries[lease]?.grantedUntil = max(entry.grantedUntil, now + duration)
        return duration
    }

    /// Notes that a run is to stop; a cancel counts more than the end of its time.
    ///
    /// - Returns: whether an agent has the run.
    @discardableResult
    mutating func requestStop(of run: RunID, _ reason: StopReason) -> Bool {
        guard let lease = leases[run] else { return false }
        note(reason, of: lease)
        return true
    }

    private mutating func note(_ reason: StopReason, of lease: LeaseID) {
        if entries[lease]?.stop != .cancel { entries[lease]?.stop = reason }
    }

    // MARK: Verdicts

    /// Those that are lost: their lease and all permissions to push have run out. Until ``remove(_:)`` or ``restore(_:at:)`` they are
    /// neither renewed nor taken again.
    ///
    /// Where nobody looked for long, nobody could be heard either (the process was frozen, the database away): all leases are extended by
    /// that time.
    mutating func takeLost(at now: Duration) -> [Holding] {
        let gap = now - (lastLook ?? now)
        lastLook = now
        if gap > longestLook { extend(by: gap, at: now) }
        let lost = entries.values.filter { !$0.isJudged && $0.end <= now }
        for entry in lost { entries[entry.holding.lease]?.isJudged = true }
        return lost.sorted { $0.end < $1.end }.map(\.holding)
    }

    /// Takes verdicts back that could not be written when others could: these get a full new period.
    mutating func postpone(_ lost: [LeaseID], at now: Duration) {
        for lease in lost {
            entries[lease]?.isJudged = false
            entries[lease]?.until = now + terms.duration
        }
    }

    /// Takes verdicts back of which none could be written. Everybody gets a full new period, since nobody could work properly meanwhile.
    mutating func restore(_ lost: [LeaseID], at now: Duration) {
        for lease in lost { entries[lease]?.isJudged = false }
        for lease in entries.keys { entries[lease]?.until = now + terms.duration }
    }

    /// To a full period from now at most: some may have been renewed when the gap was over.
    private mutating func extend(by gap: Duration, at now: Duration) {
        let (end, grantEnd) = (now + terms.duration, now + grantDuration)
        for (lease, entry) in entries {
            entries[lease]?.until = max(entry.until, min(entry.until + gap, end))
            entries[lease]?.grantedUntil = max(entry.grantedUntil, min(entry.grantedUntil + gap, grantEnd))
        }
    }

    /// The runs whose time is over, each once.
    mutating func takeOverdue(at now: Duration) -> [Holding] {
        let overdue = entries.values.filter { $0.deadline.map { $0 <= now } ?? false }
        for entry in overdue { entries[entry.holding.lease]?.deadline = nil }
        return overdue.map(\.holding)
    }

    /// Takes it back that a run was asked to stop, which could not be written.
    mutating func restoreDeadline(_ lease: LeaseID, at deadline: Duration) {
        entries[lease]?.deadline = deadline
    }
}
