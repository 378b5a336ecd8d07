import AgentProtocol
import Contexts
import CurlHTTP
public import Distribution
import DockerEngine
import Foundation
import Logging
import TaskModel

/// Carries out runs on one daemon.
public struct RunExecutor: Sendable {
    let daemon: Daemon
    let registries: RegistryClient
    let fetcher: ContextFetcher
    /// The most bytes of a run's log.
    let logLimit: Int64
    let console: (any RunConsole)?
    let cache: CacheKeeper?
    /// Nil keeps all of runs in memory.
    let files: RunFiles?

    /// How long a stopping agent tries to tell how its runs ended.
    private static let lastWords = Duration.seconds(20)

    /// - Parameters:
    ///   - directory: for the logs and journals of runs until they have ended; made if missing. Nil keeps them in memory: then a
    ///     build waits for a server that is slow, and nothing is known of a run after the process was killed.
    ///   - console: sees what all runs print.
    ///   - cache: looks after the build cache once a run has ended.
    public init(
        daemon: Daemon, registries: RegistryClient, fetcher: ContextFetcher, logLimit: Int64,
        directory: String? = nil, console: (any RunConsole)? = nil, cache: CacheKeeper? = nil
    ) {
        self.daemon = daemon
        self.registries = registries
        self.fetcher = fetcher
        self.logLimit = logLimit
        self.console = console
        self.cache = cache
        files = directory.map { RunFiles($0) }
    }

    /// Removes what runs of an earlier process left on the daemon.
    ///
    /// - Returns: the runs to ``settle(_:agent:broker:logger:)`` each: those that may go on have kept what they have.
    func removeLeftovers(logger: Logger) async -> [LeftRun] {
        let left = files?.takeLeft(logger: logger) ?? []
        let adoptable = Set(left.filter(\.record.isAdoptable).map(\.record.attempt))
        await daemon.removeLeftovers(sparing: adoptable, logger: logger)
        return left
    }

    /// Goes on with a run that an earlier process had, or brings it to its end. When the task is canceled, what remains
    /// is left to the next process.
    func settle(_ left: LeftRun, agent: String, broker: any RunBroker, logger: Logger) async {
        var logger = logger
        logger[metadataKey: "run"] = "\(left.record.run)"
        if left.record.isAdoptable {
            if let assignment = await left.assignment(from: broker, logger: logger) {
                logger.info("run of an earlier process goes on")
                return await carryOut(assignment, agent: agent, left: left, broker: broker, logger: logger)
            }
            if Task.isCancelled { return daemon.leave() }
            await daemon.removeAll(of: left.record.attempt, reachesOthers: true, logger: logger)
        }
        await left.settle(broker: broker, logger: logger)
    }

    /// Carries out a run and finishes it with the broker. When the calling task is canceled the run is stopped, cleaned up and finished as
    /// Error; so this takes a moment longer then.
    ///
    /// - Parameters:
    ///   - agent: its name, for people.
    ///   - left: what an earlier process did of it.
    ///   - local: for a run that has no server.
    func carryOut(
        _ assignment: RunAssignment, agent: String? = nil, left: LeftRun? = nil, local: LocalRunParts? = nil,
        broker: any RunBroker, logger: Logger
    ) async {
        var logger = logger
        logger[metadataKey: "run"] = "\(assignment.run)"
        let (stop, stopper) = AsyncStream<Void>.makeStream()
        // Its own task, so that the end of a run is written also when the agent is told to stop.
        let work = Task { [logger] in
            await conduct(assignment, agent, left: left, local: local, broker: broker, stop: stop, logger: logger)
        }
        await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            stopper.finish()
        }
    }

    private func conduct(
        _ assignment: RunAssignment, _ agent: String?, left: LeftRun?, local: LocalRunParts?,
        broker: any RunBroker, stop: AsyncStream<Void>, logger: Logger
    ) async {
        daemon.begin(RunAttempt(run: assignment.run, epoch: assignment.epoch))
        let isRepeatable = assignment.request.common.queue.retryOnAgentLoss > 0
        let lease = HeldLease(
            assignment.lease, terms: assignment.terms, isRepeatable: isRepeatable,
            age: left?.files.renewals.age ?? .zero, broker: broker, logger: logger)
        if left != nil { lease.begin() }
        var files = left?.files
        if files == nil { files = await makeFiles(for: assignment, isRepeatable, logger: logger) }
        if let files { lease.record(in: files.renewals) }
        let log = RunLogWriter(
            broker: broker, lease: assignment.lease, secrets: assignment.secrets, limit: logLimit, logger: logger,
            spool: files?.spool ?? MemorySpool(), console: console)
        let session = RunSession(
            assignment: assignment, lease: lease, broker: broker, daemon: daemon, registries: registries,
            fetcher: fetcher, log: log, journal: files?.journal, left: left?.record,
            adoptedMarks: files?.spool.marks ?? [:], agent: agent, local: local, logger: logger)
        let isStopping = await withTaskGroup(of: Bool.self) { group in
            // Also while the run is cleaned up after, and its log is sent.
            group.addTask {
                await lease.keep()
                return false
            }
            group.addTask { await watch(assignment.timeout, stop, lease) }
            let isTold = await conduct(session)
            group.cancelAll()
            let isStopping = await group.reduce(false) { $0 || $1 }
            return isStopping && !isTold && lease.stop != .leaseLost
        }
        broker.release(assignment.lease)
        // What a stopping agent could not tell, the next process does.
        if !isStopping { files?.remove() }
    }

    /// Stops the run when its time is over, or the agent's.
    ///
    /// - Returns: whether the agent was told to stop.
    private func watch(_ timeout: Duration, _ stop: AsyncStream<Void>, _ lease: HeldLease) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                do { try await Task.sleep(for: timeout) } catch { return false }
                lease.stop(because: .timedOut)
                return false
            }
            group.addTask {
                for await _ in stop {}
                if Task.isCancelled { return false }
                lease.stop(because: .agentStopping)
                do { try await Task.sleep(for: Self.lastWords) } catch { return true }
                lease.stop(because: .leaseGivenUp)
                return true
            }
            return await group.reduce(false) { $0 || $1 }
        }
    }

    /// - Returns: whether the server knows how the run ended.
    private func conduct(_ session: RunSession) async -> Bool {
        let (lease, log, logger) = (session.lease, session.log, session.logger)
        async let isShipped = lease.untilLost { try await log.ship() }
        async let areStepsTold: Void? = lease.untilLost {
            await session.steps.report(to: session.broker, for: lease.id, logger: logger)
        }
        let end = await race(session)
        var outcome = await outcome(of: end, session)
        session.steps.close()
        await log.close()
        outcome?.baseImages = session.baseImages
        outcome?.logLoss = await log.loss
        // Before anything waits for the server. A stopping agent leaves it to the next process.
        if let outcome, lease.stop != .leaseLost {
            do {
                try await session.journal?.note(.ended(OutcomeRequest(outcome, logLength: await log.length)))
            } catch {
                logger.error("outcome not noted", metadata: ["error": "\(error)"])
            }
        }
        _ = await areStepsTold
        _ = await isShipped
        outcome?.logLoss = await log.loss
        let told: Void? = await lease.untilLost { [outcome] in
            guard let outcome else { throw CancellationError() }
            try await RunEnd(lease: lease, log: log, broker: session.broker, logger: logger).tell(outcome)
        }
        if told == nil {
            logger.warning(
                "run given up",
                metadata: ["error": lease.stop == .leaseLost ? "its lease is lost" : "no server answers"])
        }
        return told != nil
    }

    /// Nil if they can't be made: all is kept in memory then.
    private func makeFiles(for assignment: RunAssignment, _ isRepeatable: Bool, logger: Logger) async -> RunFiles.Pair?
    {
        guard let files else { return nil }
        do {
            let pair = try files.make(for: assignment.run, epoch: assignment.epoch)
            try await pair.journal.note(.assigned(.init(assignment, isRepeatable: isRepeatable)))
            return pair
        } catch {
            logger.error("run kept in memory", metadata: ["error": "\(error)"])
            return nil
        }
    }

    /// How a run came to its end.
    private enum End {
        case finished(RunOutcome)
        case stopped(RunStop)
    }

    /// Whichever ends first ends the run; its clean-up is waited for.
    private func race(_ session: RunSession) async -> End {
        await withTaskGroup(of: End?.self) { group in
            group.addTask { .finished(await session.work.carryOut()) }
            group.addTask { await session.lease.waitForStop().map { .stopped($0) } }
            var end: End?
            while end == nil, let next = await group.next() { end = next }
            switch end {
            case .finished: break
            case .stopped(.canceled), .stopped(.agentStopping):
                // First: a program that is asked to end may end with 0, which is not to count in the next process.
                await noteStop(session)
            case .stopped(.timedOut), .stopped(.leaseLost), .stopped(.leaseGivenUp), nil:
                session.stopAtOnce()
                // Beside it: no disk is waited for.
                group.addTask {
                    await noteStop(session)
                    return nil
                }
            }
            await session.log.stopWaiting()
            group.cancelAll()
            return end ?? .stopped(.agentStopping)
        }
    }

    private func noteStop(_ session: RunSession) async {
        do { try await session.journal?.note(.stopping) } catch {
            session.logger.error("stop not noted", metadata: ["error": "\(error)"])
        }
    }

    private func outcome(of end: End, _ session: RunSession) async -> RunOutcome? {
        let (log, pushed) = (session.log, session.pushedImages)
        switch end {
        case .finished(let outcome): return outcome
        case .stopped(.canceled):
            await log.line("The run was canceled: what it did is stopped, and nothing more is pushed.")
            return RunOutcome(status: .canceled, outputImages: pushed)
        case .stopped(.timedOut):
            let message =
                "the run took longer than its limit of \(session.assignment.timeout.components.seconds) s"
            await log.line("\(message): what it did is stopped.")
            return RunOutcome(status: .timeout, message: message, outputImages: pushed)
        case .stopped(.agentStopping):
            let message = "the agent was stopped while the run was under way. Queue it again"
            await log.line(message)
            return RunOutcome(status: .error, message: message, outputImages: pushed)
        case .stopped(.leaseLost), .stopped(.leaseGivenUp): return nil
        }
    }
}

extension RunSession {
    var work: any RunWork {
        switch assignment.request {
        case .build(let request): BuildRun(session: self, request: request)
        case .taskFile(let request): TaskRun(session: self, request: request)
        }
    }
}

extension RunAssignment {
    /// What must not stand in the log.
    var secrets: [String] {
        var secrets = request.common.secrets.map(\.value)
        secrets += pullCredentials.values.map(\.password.value)
        secrets += gitCredentials.values.map(\.password.value)
        if let credential = registry.credential { secrets.append(credential.password.value) }
        switch source {
        case .git(let location), .download(let location):
            // An unreadable one has no secrets that are ever used.
            secrets += ((try? ContextLocation(location.value))?.secrets ?? []).map(\.value)
        case .none, .upload: break
        }
        return secrets.filter { !$0.isEmpty }
    }
}
