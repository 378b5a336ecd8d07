import Contexts
import Foundation
import Logging
public import Storage
public import TaskModel

/// Accepts, shows and cancels runs: what people and their tools ask for.
public struct RunService: Sendable {
    private let environment: SchedulerEnvironment

    public init(_ environment: SchedulerEnvironment) {
        self.environment = environment
    }

    private var runs: any RunStore { environment.runs }
    private var settings: SchedulingSettings { environment.settings }
    private var pools: PoolDirectory { PoolDirectory(settings: settings, store: environment.pools) }
    private var signals: RunSignals { environment.signals }
    private var logger: Logger { environment.logger }

    // MARK: Accepting

    /// Checks a request, writes it as a Queued run and wakes an agent.
    ///
    /// - Parameters:
    ///   - type: how the run came to be.
    ///   - task: the stored task that it is a run of.
    ///   - taskRun: the name and the request that the run is kept under.
    ///   - cause: what makes it, if nobody asks for it by hand.
    /// - Throws: ``RunServiceError`` if the request can't be carried out, ``StorageError/queueFull(limit:)``.
    public func submit(
        _ request: RunRequest, type: RunType, task: String? = nil, keptAs taskRun: TaskRun? = nil,
        to registry: Registry, by principal: String, because cause: RunCause? = nil
    ) async throws -> Run {
        try await accept(request, type: type, task: task, keptAs: taskRun, to: registry, by: principal, because: cause)
            .run
    }

    /// - Returns: the run, and whether it is new: another that the same had caused before is not.
    func accept(
        _ request: RunRequest, type: RunType, task: String? = nil, keptAs taskRun: TaskRun? = nil,
        to registry: Registry, by principal: String, because cause: RunCause?
    ) async throws -> (run: Run, isNew: Bool) {
        let common = request.common
        guard let pool = try await pools.find(common.agentPoolName, in: registry.name) else {
            throw RunServiceError.unknownPool(
                common.agentPoolName ?? "", known: try await pools.names(in: registry.name))
        }
        var platforms = [common.platform]
        if case .build(let build) = request { platforms += build.platforms }
        if let other = platforms.first(where: { $0.os != "linux" }) { throw RunServiceError.unsupportedPlatform(other) }
        if case .build(let build) = request, pool.policy.refuseSecretBuildArguments,
            build.arguments.contains(where: \.isSecret)
        {
            throw RunServiceError.secretArgumentsRefused(pool: pool.id.name)
        }
        if let timeout = common.timeout, timeout > settings.maxRunTimeout {
            throw RunServiceError.timeoutTooLong(timeout, most: settings.maxRunTimeout)
        }
        let upload = try checkSource(of: request)
        if case .taskFile(let file) = request {
            try await TaskFileCheck(settings: settings, uploads: environment.uploads).check(
                file, upload: upload, task: task, registry: registry, policy: pool.policy)
        }
        let accepted = try await runs.accept(
            NewRun(
                registry: registry.name, type: type, request: request, submittedBy: principal, agentPool: pool.id.name,
                poolRegistry: pool.id.registry, task: task, upload: upload, taskRun: taskRun,
                branch: Self.branch(of: common), cause: cause),
            maxQueued: settings.maxQueued, at: environment.now())
        let run = accepted.run
        guard accepted.isNew else { return (run, false) }
        logger.info(
            "run queued",
            metadata: [
                "run": "\(run.id)", "pool": "\(pool.id)", "principal": "\(principal)",
                "trigger": "\(cause?.trigger.label ?? "Manual")",
            ])
        environment.metrics.queued(in: pool.id)
        for older in accepted.superseded {
            logger.info("run superseded", metadata: ["run": "\(older.id)", "by": "\(run.id)"])
            environment.metrics.ended(as: .canceled, in: older.pool)
            signals.logs.notify(older.id)
        }
        signals.queues.notify(pool.id)
        if QueuePlace(pool: pool.id, position: 0, slots: pool.slots).obstacle != nil { await warn(run) }
        return (run, true)
    }

    /// The branch, tag or commit that a git source names.
    private static func branch(of request: any CommonRequest) -> String? {
        // What can't be read was refused before.
        guard let location = request.sourceLocation, case .git(let reference)? = try? ContextLocation(location) else {
            return nil
        }
        return reference.ref
    }

    /// Says in the run's log why it won't start.
    private func warn(_ run: Run) async {
        do {
            var view = QueueView(environment)
            guard let queued = try await runs.queuedRun(run.id) else { return }
            let reason = try await view.reason(of: queued)
            try await QueueLog(environment: environment).write(
                [QueueLog.Line(run: run.id, text: "Waiting: \(reason.text)", reason: reason)], at: environment.now())
        } catch {
            // The run is accepted all the same, and shows what it waits for.
            logger.warning("log not stored", metadata: ["run": "\(run.id)", "error": "\(error)"])
        }
    }

    /// - Returns: the upload's name, if the source is one.
    private func checkSource(of request: RunRequest) throws -> String? {
        guard let location = request.common.sourceLocation, !location.isEmpty else {
            // A task file in the request needs no context.
            if case .taskFile(let request) = request, case .content = request.taskFile { return nil }
            throw RunServiceError.missingSource
        }
        if let name = Self.uploadName(ofPath: location) {
            // A wrong name is no upload.
            guard ((try? environment.uploads.file(name)) ?? nil) != nil else {
                throw RunServiceError.unknownUpload(location)
            }
            return name
        }
        do {
            try SourcePolicy(addresses: settings.sources).check(location)
        } catch {
            throw RunServiceError.invalidSource(error)
        }
        return nil
    }

    // MARK: Uploads

    private static let uploadFolder = "source/"

    /// The `relativePath` that requests name an upload by.
    public static func path(ofUpload name: String) -> String { uploadFolder + name }

    static func uploadName(ofPath path: String) -> String? {
        path.hasPrefix(uploadFolder) ? String(path.dropFirst(uploadFolder.count)) : nil
    }

    /// Where a context comes from, without logins and signatures.
    public static func shownSource(_ location: String) -> String {
        if uploadName(ofPath: location) != nil { return location }
        // What can't be read is not shown: a secret may be anywhere in it.
        return (try? ContextLocation(location))?.redacted ?? "***"
    }

    // MARK: Showing

    public func show(_ id: String, in registry: Registry) async throws -> Run {
        guard let runID = RunID(id.lowercased()), var run = try await runs.find(runID),
            run.registry.lowercased() == registry.name.lowercased()
        else { throw RunServiceError.runNotFound(id) }
        if run.status == .queued, let queued = try await runs.queuedRun(run.id) {
            var view = QueueView(environment)
            run.waitReason = try await view.reason(of: queued).text
        }
        return run
    }

    /// What has become of the steps of a run.
    public func steps(of run: Run) async throws -> [StepResult] {
        try await runs.steps(of: run.id)
    }

    /// The archive that was kept of what a run built; nil if none was, or it is gone.
    public func keptOutput(of run: Run) throws -> KeptOutput? {
        try KeptOutput(of: run.id, in: environment.outputs, lifetime: settings.outputLifetime)
    }

    /// The vertexes of its builds.
    public func builds(of run: Run) async throws -> [BuildVertices] {
        try await runs.builds(of: run.id)
    }

    /// What its builds stood on.
    public func baseImages(of run: Run) async throws -> [BaseImageRecord] {
        try await runs.baseImages(of: run.id)
    }

    /// Newest first.
    ///
    /// - Parameter before: where the page before this one ended.
    public func list(in registry: Registry, _ filter: RunFilter, before: RunID?, limit: Int) async throws -> [Run] {
        try await runs.list(registry: registry.name, filter, before: before, limit: limit)
    }

    // MARK: Logs

    public func log(of id: String, in registry: Registry) async throws -> RunLog {
        RunLog(run: try await show(id, in: registry), store: environment.logs)
    }

    /// The log once it has more than `offset` bytes or has ended, or as it is after `duration`.
    public func log(of id: String, in registry: Registry, beyond offset: Int64, waiting duration: Duration) async throws
        -> RunLog
    {
        let deadline = ContinuousClock.now + duration
        while true {
            let mark = signals.logs.mark()
            let log = try await log(of: id, in: registry)
            let left = deadline - .now
            if log.length > offset || log.ending != nil || left <= .zero || Task.isCancelled { return log }
            await signals.logs.wait(for: log.run.id, after: mark, atMost: left)
        }
    }

    // MARK: Keeping

    /// Says whether a run is to be kept when others are removed.
    public func setArchived(_ isArchived: Bool, _ id: String, in registry: Registry) async throws -> Run {
        guard let runID = RunID(id.lowercased()),
            try await runs.setArchived(isArchived, runID, registry: registry.name, at: environment.now()) != nil
        else { throw RunServiceError.runNotFound(id) }
        return try await show(id, in: registry)
    }

    // MARK: Stopping

    /// Asks runs to stop, and records who did. A run that waits ends at once, one that is under way is told; one that has ended stays as
    /// it is.
    ///
    /// - Parameters:
    ///   - address: where the request comes from.
    ///   - filterText: the filter as it was given.
    public func cancel(
        _ selection: CancelSelection, in registry: Registry, isDryRun: Bool, by principal: String,
        from address: String? = nil, filterText: String? = nil
    ) async throws -> CancelAnswers {
        let order = CancelOrder(
            registry: registry.name, selection, by: principal, from: address, filterText: filterText)
        let answers = try await runs.cancel(order, isDryRun: isDryRun, at: environment.now())
        guard !isDryRun else { return answers }
        for answer in answers.runs where answer.result == .canceled || answer.result == .cancelRequested {
            logger.info(
                "run cancel asked for",
                metadata: [
                    "run": "\(answer.id)", "principal": "\(principal)",
                    "status": "\(answer.previousStatus?.rawValue ?? "")",
                ])
            if answer.result == .canceled, let pool = answer.pool { environment.metrics.ended(as: .canceled, in: pool) }
            environment.leases.with { table, _ in _ = table.requestStop(of: answer.id, .cancel) }
            signals.stops.notify(answer.id)
            signals.logs.notify(answer.id)
        }
        return answers
    }

    /// Who asked for runs to stop, the last ones first.
    public func cancels(in registry: Registry, limit: Int) async throws -> [CancelRecord] {
        try await runs.cancels(registry: registry.name, limit: limit)
    }
}

/// Who waits for what about runs.
struct RunSignals: Sendable {
    /// By pool: a run waits.
    let queues = Notifier<PoolID>()
    /// By run: its log or its status changed.
    let logs = Notifier<RunID>()
    /// By run: a stop was asked for.
    let stops = Notifier<RunID>()
    /// A pool of a registry was made, changed or removed.
    let pools = ChangeSignal()
}
