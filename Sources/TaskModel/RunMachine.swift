/// How one run moves, without its time and its content: the rules that every store of runs keeps.
///
/// An attempt at the run is named by its lease. Whoever shows another one changes nothing: every move says whether it was made.
public struct RunMachine: Sendable, Hashable {
    /// A run that was handed out this often without having begun ends as Error.
    public static let maxHandOuts = 3

    public private(set) var status: RunStatus
    /// How often it was handed out in all.
    public private(set) var epoch: Int
    /// Of the attempt that goes on, or of the one that ended the run; nil if there is none, or it was lost.
    public private(set) var lease: String?
    public private(set) var isCancelRequested: Bool
    public private(set) var isTimeoutRequested: Bool
    /// How often it was handed out since it was accepted, or since it waits again after having begun.
    public private(set) var handOuts: Int
    /// How often it may still begin anew after the loss of an agent.
    public private(set) var retriesLeft: Int

    public init(
        status: RunStatus = .queued, epoch: Int = 0, lease: String? = nil, isCancelRequested: Bool = false,
        isTimeoutRequested: Bool = false, handOuts: Int = 0, retriesLeft: Int = 0
    ) {
        self.status = status
        self.epoch = epoch
        self.lease = lease
        self.isCancelRequested = isCancelRequested
        self.isTimeoutRequested = isTimeoutRequested
        self.handOuts = handOuts
        self.retriesLeft = retriesLeft
    }

    public var isUnderWay: Bool { status == .started || status == .running }

    /// Why it is to stop. Whoever cancels sees it canceled, also if its time is over.
    public var stop: StopReason? { isCancelRequested ? .cancel : isTimeoutRequested ? .timeout : nil }

    /// What the holder of a lease has to do.
    public func standing(of lease: String) -> RunStanding {
        guard isUnderWay, self.lease == lease else { return .lost }
        return stop.map(RunStanding.stopping) ?? .held
    }

    /// Whether the holder of a lease may push.
    public func mayPush(_ lease: String) -> Bool { standing(of: lease) == .held }

    // MARK: Moves

    /// Queued → Started.
    public mutating func claim(_ lease: String) -> Bool {
        guard status == .queued, !isCancelRequested else { return false }
        status = .started
        self.lease = lease
        epoch += 1
        handOuts += 1
        return true
    }

    /// Started → Running. Again is fine.
    public mutating func begin(_ lease: String) -> Bool {
        guard isUnderWay, self.lease == lease else { return false }
        status = .running
        return true
    }

    /// Started → Queued, for an agent that never had the run; this hand-out does not count.
    public mutating func giveBack(_ lease: String) -> Bool {
        guard status == .started, self.lease == lease else { return false }
        self.lease = nil
        handOuts -= 1
        status = stop?.status ?? .queued
        return true
    }

    /// A run that waits is Canceled at once; one that is under way is marked.
    public mutating func requestCancel() -> Bool {
        guard !status.isTerminal else { return false }
        isCancelRequested = true
        if status == .queued { status = .canceled }
        return true
    }

    public mutating func requestTimeout(_ lease: String) -> Bool {
        guard isUnderWay, self.lease == lease else { return false }
        isTimeoutRequested = true
        return true
    }

    /// Ends the run. One that was asked to stop ends as that, whatever had become of it; the same lease again changes nothing.
    ///
    /// - Returns: the status of the run; nil if the lease is not that of its last attempt.
    public mutating func finish(_ lease: String, as outcome: RunStatus) -> RunStatus? {
        guard self.lease == lease else { return nil }
        if isUnderWay { status = stop?.status ?? outcome }
        return status
    }

    /// Takes the run from an agent whose lease and grants have run out.
    ///
    /// - Returns: nil if the lease is not that of an attempt that goes on.
    public mutating func lose(_ lease: String) -> RunLoss? {
        guard isUnderWay, self.lease == lease else { return nil }
        let loss: RunLoss
        if let stop {
            loss = .stopped(stop)
        } else if status == .running {
            loss = retriesLeft > 0 ? .waitsAgain(hadBegun: true) : .interrupted
        } else {
            loss = handOuts < Self.maxHandOuts ? .waitsAgain(hadBegun: false) : .neverBegan
        }
        if loss == .waitsAgain(hadBegun: true) {
            retriesLeft -= 1
            handOuts = 0
        }
        self.lease = nil
        status = loss.status
        return loss
    }
}

/// Why a run is to stop.
public enum StopReason: String, Sendable, Hashable {
    case cancel
    case timeout

    /// How it ends then.
    public var status: RunStatus {
        switch self {
        case .cancel: .canceled
        case .timeout: .timeout
        }
    }
}

/// What a lease is worth.
public enum RunStanding: Sendable, Hashable {
    case held
    case stopping(StopReason)
    case lost
}

/// What becomes of a run whose agent was lost.
public enum RunLoss: Sendable, Hashable {
    /// It was to stop anyway.
    case stopped(StopReason)
    /// It is handed out again.
    case waitsAgain(hadBegun: Bool)
    /// It was handed out ``RunMachine/maxHandOuts`` times, and no agent began it.
    case neverBegan
    /// It had begun, and is not begun twice.
    case interrupted

    public var status: RunStatus {
        switch self {
        case .stopped(let reason): reason.status
        case .waitsAgain: .queued
        case .neverBegan, .interrupted: .error
        }
    }
}
