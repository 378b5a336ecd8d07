public import CurlHTTP
public import Forges
import Foundation
import Logging
public import ServiceLifecycle
public import Storage
import Synchronization
public import TaskModel

/// Tells forges how the runs of their commits go, where the task has a token for it.
///
/// A status counts as told once the forge has it: after a restart what was not is told again.
public struct CommitStatusReporter: Service {
    /// The reader of ``RunChangeStore`` that it is.
    public static let reader = "statuses"
    /// How long one is tried.
    static let patience: TimeInterval = 3600
    private static let batch = 200
    private static let workers = 16
    private static let lookEvery = Duration.seconds(5)

    private struct State {
        var lanes = StatusLanes()
        /// Up to where changes were read; nil before the first time.
        var place: Int64?
        /// Up to where the store knows that all is done, or is being told.
        var acknowledged: Int64 = 0
    }

    private let runs: any RunStore
    private let changes: RunChangeStore
    private let tasks: any TaskStore
    private let hooks: HookStore
    private let forges: ForgeDirectory
    private let http: HTTPClient
    private let page: @Sendable (Run) -> String?
    private let hasSeveralRegistries: Bool
    private let logger: Logger
    private let now: @Sendable () -> Date
    private let state = Box()

    private final class Box: Sendable {
        let value = Mutex(State())
    }

    /// - Parameters:
    ///   - http: with the addresses that forges may have.
    ///   - page: the URL at which people see a run; nil without one.
    public init(
        _ environment: SchedulerEnvironment, changes: RunChangeStore, tasks: any TaskStore, hooks: HookStore,
        forges: ForgeDirectory, http: HTTPClient,
        page: @escaping @Sendable (Run) -> String?
    ) {
        runs = environment.runs
        logger = environment.logger
        now = environment.now
        hasSeveralRegistries = environment.settings.registries.count > 1
        self.changes = changes
        self.tasks = tasks
        self.hooks = hooks
        self.forges = forges
        self.http = http
        self.page = page
    }

    public func run() async throws {
        let news = ChangeSignal()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await following({ changes.signals() }, logger: logger, failure: "commit statuses not told") {
                    while try await read() { news.notify() }
                    news.notify()
                    try await acknowledge()
                    return Self.lookEvery
                }
            }
            for _ in 0..<Self.workers {
                group.addTask {
                    await following({ news.stream() }, logger: logger, failure: "commit statuses not told") {
                        await send()
                        try await acknowledge()
                        return Self.lookEvery
                    }
                }
            }
        }
    }

    /// Reads what is new, sends what is due, and says up to where all is done.
    func work() async throws {
        while try await read() { await send() }
        await send()
        try await acknowledge()
    }

    private func acknowledge() async throws {
        let done: Int64? = state.value.withLock { state in
            guard let done = state.lanes.firstSequence.map({ $0 - 1 }) ?? state.place, done > state.acknowledged else {
                return nil
            }
            state.acknowledged = done
            return done
        }
        if let done { try await changes.acknowledge(done, by: Self.reader) }
    }

    /// - Returns: whether there may be more.
    private func read() async throws -> Bool {
        let place: Int64
        if let known = state.value.withLock(\.place) {
            place = known
        } else {
            place = try await changes.place(of: Self.reader)
        }
        let news = try await changes.changes(after: place, limit: Self.batch)
        for change in news {
            if let status = try await readableStatus(of: change), !state.value.withLock({ $0.lanes.add(status) }) {
                logger.warning("commit status not told", metadata: ["run": "\(change.run)", "error": "too many wait"])
            }
            state.value.withLock { $0.place = change.sequence }
        }
        return news.count == Self.batch
    }

    /// Nil also where run or task can't be read, as after a loss of their key: nothing would make that better, and all others would wait.
    private func readableStatus(of change: RunChangeStore.Change) async throws -> PendingStatus? {
        try await ifReadable {
            logger.warning("commit status not told", metadata: ["run": "\(change.run)", "error": "\($0)"])
        } _: {
            try await status(of: change)
        }
    }

    /// Nil for a change that concerns no commit, or that another one followed already.
    private func status(of change: RunChangeStore.Change) async throws -> PendingStatus? {
        guard let run = try await runs.find(change.run),
            run.status == change.status, case .source(let event)? = run.trigger, let name = run.task,
            let task = try await tasks.find(name, in: run.registry),
            let trigger = task.triggers.source.first(where: { $0.name.lowercased() == event.trigger.lowercased() }),
            trigger.filter?.reportsStatus != false, let token = task.token(for: trigger),
            let location = forges.location(of: trigger.repositoryURL)
        else { return nil }
        let told = CommitStatus.told(of: change.status)
        return PendingStatus(
            sequence: change.sequence,
            status: CommitStatus(
                state: told.state, context: context(of: task), description: "Run \(run.id): \(told.description)",
                url: page(run)),
            commit: event.commit, location: location, token: token, registry: run.registry,
            task: task.name, trigger: trigger.name, since: now())
    }

    /// Tasks of two registries may have one name, and watch the same repository.
    private func context(of task: TaskDefinition) -> String {
        hasSeveralRegistries ? "slipway/\(task.registry)/\(task.name)" : "slipway/\(task.name)"
    }

    /// Several do this at once.
    private func send() async {
        while !Task.isCancelled, let next = state.value.withLock({ $0.lanes.take(at: now()) }) { await send(next) }
    }

    private func send(_ status: PendingStatus) async {
        do throws(ForgeError) {
            try await ForgeClient(status.location, token: status.token, http: http)
                .report(status.status, on: status.commit)
            state.value.withLock { $0.lanes.finish(status) }
        } catch {
            let isOver = now().timeIntervalSince(status.since) >= Self.patience
            if case .unavailable(_, _, let retryAfter) = error, !isOver {
                state.value.withLock { $0.lanes.putBack(status, at: now(), retryAfter: retryAfter) }
                return
            }
            state.value.withLock { $0.lanes.finish(status) }
            await giveUp(status, because: error)
        }
    }

    private func giveUp(_ status: PendingStatus, because error: ForgeError) async {
        logger.warning(
            "commit status not told",
            metadata: ["task": "\(status.task)", "commit": "\(status.commit)", "error": "\(error)"])
        do {
            try await hooks.noteProblem(
                "The status of commit \(status.commit.prefix(12)) could not be told. \(error)", of: status.trigger,
                task: status.task, in: status.registry)
        } catch {
            logger.warning("problem not noted", metadata: ["task": "\(status.task)", "error": "\(error)"])
        }
    }
}

extension CommitStatus {
    /// How a run's status is told. It may be read by everybody, so that it says nothing of what went wrong.
    fileprivate static func told(of status: RunStatus) -> (state: State, description: String) {
        switch status {
        case .queued: (.pending, "Waiting for an agent.")
        case .started: (.pending, "Starting.")
        case .running: (.pending, "Running.")
        case .succeeded: (.success, "Succeeded.")
        case .failed: (.failure, "Failed.")
        case .canceled: (.error, "Canceled.")
        case .error: (.error, "Could not be carried out.")
        case .timeout: (.error, "Took longer than it may.")
        }
    }
}
