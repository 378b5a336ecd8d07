public import struct Foundation.Date
public import TaskModel

/// Keeps runs. Each method is one transaction; when it returns, what it did is on the disk.
public protocol RunStore: Sendable {
    /// Accepts a run as Queued and gives it the next id, and cancels those that it supersedes. One that is kept as a task run which asked
    /// for the same before is not new, nor is one whose ``RunCause/occurrence`` had its run: the run of that time is returned.
    ///
    /// - Throws: ``StorageError/queueFull(limit:)`` if `maxQueued` runs wait already.
    func accept(_ run: NewRun, maxQueued: Int, at now: Date) async throws -> AcceptedRun

    func find(_ id: RunID) async throws -> Run?

    /// Newest first.
    ///
    /// - Parameters:
    ///   - before: only runs older than this one.
    ///   - limit: the most runs, at least 1.
    func list(registry: String, _ filter: RunFilter, before: RunID?, limit: Int) async throws -> [Run]

    /// Hands the longest waiting run of a pool to an agent: Queued → Started. For a short time a run is left for the agent
    /// that had the last one of its kind, if that is among the rivals.
    ///
    /// - Parameters:
    ///   - lease: the new lease; whoever shows it may write to the run from now on.
    ///   - logLength: tells how much log a run has: there the stream of this lease's agent begins.
    /// - Returns: nil if none waits.
    func claim(
        pool: PoolID, for agent: String, rivals: ClaimRivals, lease: String,
        logLength: @escaping @Sendable (RunID) -> Int64, at now: Date
    ) async throws -> Run?

    /// What a lease stands for now.
    func leased(_ lease: String) async throws -> LeasedRun?

    /// Started → Running. Again is fine.
    func begin(lease: String, at now: Date) async throws

    func setSource(_ source: SourceRevision, lease: String, at now: Date) async throws

    func setWaitReason(_ reason: String?, lease: String, at now: Date) async throws

    /// Records the steps of a leased run in place of any that it had.
    func planSteps(_ steps: [StepResult], lease: String, at now: Date) async throws

    /// Records what has become of a step of a leased run. Of its message 4 KiB are kept.
    ///
    /// - Returns: false if the run has no step of that id.
    func setStep(_ step: StepResult, lease: String, at now: Date) async throws -> Bool

    /// The steps of a run, in the order of its task file; none if it has not told any. When a run ends, those that go on become
    /// `interrupted` and those that have not begun `skipped`.
    func steps(of id: RunID) async throws -> [StepResult]

    /// Records what has become of vertexes of a build of a leased run, in the place of those of an earlier attempt. Of a run
    /// ``BuildVertex/mostPerRun`` are kept, of each name and error 4 KiB.
    func setVertices(_ batch: BuildVertices, lease: String, at now: Date) async throws

    /// The last build of each step and platform of a run, in the order of their names. They end with the run as its steps do.
    func builds(of id: RunID) async throws -> [BuildVertices]

    /// What the builds of a run stood on, as its outcome told.
    func baseImages(of id: RunID) async throws -> [BaseImageRecord]

    /// The tasks of all registries whose last successful run stood on this image, named by tag; a task once for each of its steps.
    ///
    /// - Parameter image: without a tag it is `latest`; a digest is not looked at.
    func dependents(of image: ImageReference) async throws -> [ImageDependent]

    /// Moves a leased run to its terminal status; one that was asked to stop ends as that. If it is in one already, nothing changes.
    ///
    /// - Returns: the run as stored.
    func finish(lease: String, with outcome: RunOutcome, at now: Date) async throws -> Run

    /// Says whether the run is to be kept when others are removed.
    ///
    /// - Returns: the run as stored; nil if the registry has none of that id.
    func setArchived(_ isArchived: Bool, _ id: RunID, registry: String, at now: Date) async throws -> Run?

    /// Asks runs to stop, and records that: a Queued one is Canceled at once, one that is under way is marked.
    ///
    /// - Parameter isDryRun: only tell what would happen.
    func cancel(_ order: CancelOrder, isDryRun: Bool, at now: Date) async throws -> CancelAnswers

    /// Who asked for runs to stop, the last ones first.
    func cancels(registry: String, limit: Int) async throws -> [CancelRecord]

    /// The attempts that go on: those of runs that are Started or Running.
    func heldRuns() async throws -> [HeldRun]

    /// The attempt of a lease; nil if it does not go on.
    func heldRun(lease: String) async throws -> HeldRun?

    /// Marks a run whose time is over.
    ///
    /// - Parameter message: what it ends with if its agent has no words of its own for that.
    /// - Returns: false if the lease is not that of an attempt that goes on.
    func requestTimeout(lease: String, because message: String, at now: Date) async throws -> Bool

    /// Takes a run from an agent that is lost, as ``RunMachine/lose(_:)`` says.
    ///
    /// - Parameter telling: what the run records of it. Called within the transaction, so it must be quick.
    /// - Returns: nil if the lease is not that of an attempt that goes on.
    func lose(lease: String, at now: Date, telling: @escaping @Sendable (Run, RunLoss) throws -> LossRecord)
        async throws
        -> LostRun?

    /// Takes all runs from agents that are gone, as ``lose(lease:at:telling:)`` does.
    ///
    /// - Parameter agents: an id, or a pattern with `*`.
    func loseRuns(
        of agents: String, at now: Date, telling: @escaping @Sendable (Run, RunLoss) throws -> LossRecord
    ) async throws -> [LostRun]

    /// Lets a run wait again that its agent never got; the hand-out doesn't count.
    ///
    /// - Returns: the run; nil if it had begun, or the lease is not that of an attempt that goes on.
    func giveBack(lease: String, at now: Date) async throws -> Run?

    /// Ends runs as Error that wait since before `start`, from when they were accepted or last waited again.
    func endQueued(since start: Date, because message: String, at now: Date) async throws -> [EndedRun]

    /// Those that wait, by the time they were accepted.
    func queuedRuns() async throws -> [QueuedRun]

    /// Nil if the run does not wait.
    func queuedRun(_ id: RunID) async throws -> QueuedRun?

    /// Runs of a task that an agent has, by the time they were accepted.
    func runsUnderWay(of task: String, in registry: String) async throws -> [RunID]

    /// The pools in which runs of a task wait that may go on only so many at once.
    func poolsWaiting(of task: String, in registry: String) async throws -> Set<PoolID>

    /// Calls `work` for each of these runs that still waits. None of them is claimed or canceled meanwhile, so it must be quick.
    func whileQueued(_ ids: [RunID], _ work: @escaping @Sendable (RunID) throws -> Void) async throws

    /// What a pool has to do.
    func load(of pool: PoolID) async throws -> PoolLoad

    /// Removes runs that ended before a time, oldest first. Kept are archived ones, those that a task run names, and of each task the
    /// last that succeeded: what its images stand on is known from it.
    ///
    /// - Parameter limit: the most runs.
    /// - Returns: which are gone.
    func remove(endedBefore time: Date, limit: Int) async throws -> [RunID]

    /// Which of these runs there are.
    func existing(among ids: [RunID]) async throws -> Set<RunID>

    /// Which of these uploads a run still needs, or needed until `since`.
    func usedUploads(since: Date) async throws -> Set<String>
}

extension RunStore {
    /// Accepts a run that supersedes none, or whose caller doesn't care.
    public func enqueue(_ run: NewRun, maxQueued: Int, at now: Date) async throws -> Run {
        try await accept(run, maxQueued: maxQueued, at: now).run
    }

    /// Hands the longest waiting run of a pool to an agent that has no rivals.
    public func claim(
        pool: PoolID, for agent: String, lease: String, logLength: @escaping @Sendable (RunID) -> Int64, at now: Date
    ) async throws -> Run? {
        try await claim(
            pool: pool, for: agent, rivals: ClaimRivals(), lease: lease, logLength: logLength, at: now)
    }
}

/// A run that is to be accepted.
public struct NewRun: Sendable {
    public let registry: String
    public let type: RunType
    public let request: RunRequest
    public let submittedBy: String
    public let agentPool: String
    /// The registry whose pool that is; nil for one of the server's.
    public let poolRegistry: String?
    public let task: String?
    /// The upload that the run reads, so that it is kept.
    public let upload: String?
    /// The name and the request that the run is kept under.
    public let taskRun: TaskRun?
    /// The branch of a run of a task; empty if its source has none. Runs that supersede others do so on the same branch.
    public let branch: String?
    /// What made it, if nobody asked for it by hand.
    public let cause: RunCause?

    public init(
        registry: String, type: RunType, request: RunRequest, submittedBy: String, agentPool: String,
        poolRegistry: String? = nil, task: String? = nil,
        upload: String? = nil, taskRun: TaskRun? = nil, branch: String? = nil, cause: RunCause? = nil
    ) {
        self.registry = registry
        self.type = type
        self.request = request
        self.submittedBy = submittedBy
        self.agentPool = agentPool
        self.poolRegistry = poolRegistry
        self.task = task
        self.upload = upload
        self.taskRun = taskRun
        self.branch = branch
        self.cause = cause
    }
}

/// A run that was accepted.
public struct AcceptedRun: Sendable {
    public let run: Run
    /// Older runs that were canceled for it.
    public let superseded: [EndedRun]
    /// Whether it was accepted now, and not for the same before.
    public var isNew = true
}

/// A run that ended while it waited.
public struct EndedRun: Sendable, Hashable {
    public let id: RunID
    public let pool: PoolID
}

/// A run together with what its lease is worth.
public struct LeasedRun: Sendable {
    public let run: Run
    /// Where the agent's stream begins in the stored log.
    public let logStart: Int64

    /// Whether the holder may still write.
    public var isHeld: Bool { run.status == .started || run.status == .running }
}

/// An attempt that goes on.
public struct HeldRun: Sendable, Hashable {
    public let run: RunID
    public let lease: String
    public let agent: String
    public let pool: PoolID
    /// Where the agent's stream begins in the stored log.
    public let logStart: Int64
    public let stop: StopReason?
    public let startTime: Date
    /// The longest it may take, if its request says so.
    public let timeout: Duration?
}

/// A run that was taken from its agent, as it is now.
public struct LostRun: Sendable {
    public let run: Run
    public let loss: RunLoss
    /// Whose it was.
    public let agent: String
    public let lease: String
}

/// What a run records of the loss of its agent.
public struct LossRecord: Sendable {
    /// For a run that ends by it.
    public var message: String?
    public var logLoss: LogLoss?
    /// Called when the transaction is over, and told whether it was committed. Until it returns nobody else changes a run, so it must
    /// be quick.
    public var afterwards: @Sendable (_ isCommitted: Bool) -> Void

    public init(
        message: String? = nil, logLoss: LogLoss? = nil,
        afterwards: @escaping @Sendable (_ isCommitted: Bool) -> Void = { _ in }
    ) {
        self.message = message
        self.logLoss = logLoss
        self.afterwards = afterwards
    }
}

/// A run that waits, and its place in the queue.
public struct QueuedRun: Sendable, Hashable {
    public let id: RunID
    public let pool: PoolID
    /// Runs of the pool in front of it.
    public let position: Int
    public let registry: String
    public let task: String?
    /// The most runs of its task that go on at once.
    public let concurrency: Int?
    public let createTime: Date

    public init(
        id: RunID, pool: PoolID, position: Int, registry: String, task: String? = nil, concurrency: Int? = nil,
        createTime: Date
    ) {
        self.id = id
        self.pool = pool
        self.position = position
        self.registry = registry
        self.task = task
        self.concurrency = concurrency
        self.createTime = createTime
    }
}

/// Runs of one pool.
public struct PoolLoad: Sendable, Hashable {
    public let queued: Int
    /// Handed to an agent and not ended.
    public let underWay: Int

    public init(queued: Int, underWay: Int) {
        self.queued = queued
        self.underWay = underWay
    }
}

/// Which runs a cancel means.
public enum CancelSelection: Sendable, Hashable {
    case ids([RunID])
    /// Runs that have not ended and match.
    case filter(RunFilter)
}

/// That runs are to stop.
public struct CancelOrder: Sendable, Hashable {
    public let registry: String
    public let selection: CancelSelection
    /// Who asks: the id of a principal.
    public let principal: String
    /// Where the request comes from.
    public let address: String?
    /// The filter as it was given.
    public let filterText: String?

    public init(
        registry: String, _ selection: CancelSelection, by principal: String, from address: String? = nil,
        filterText: String? = nil
    ) {
        self.registry = registry
        self.selection = selection
        self.principal = principal
        self.address = address
        self.filterText = filterText
    }
}

/// What became of an order.
public struct CancelAnswers: Sendable, Hashable {
    /// One for each run that the selection means; for ids also for those that don't exist.
    public let runs: [CancelAnswer]
    /// Of the record; nil for a dry run.
    public let record: Int64?
}

/// What a cancel did to one run.
public struct CancelAnswer: Sendable, Hashable {
    public enum Result: String, Sendable, Hashable {
        case canceled
        case cancelRequested
        case alreadyFinished
        case notFound
        case wouldCancel
    }

    public let id: RunID
    /// Nil if there is no such run.
    public let pool: PoolID?
    public let previousStatus: RunStatus?
    public let result: Result

    public init(id: RunID, pool: PoolID?, previousStatus: RunStatus?, result: Result) {
        self.id = id
        self.pool = pool
        self.previousStatus = previousStatus
        self.result = result
    }
}
