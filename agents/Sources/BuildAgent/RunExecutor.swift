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
    /// For what an agent keeps of runs until they have ended; nil keeps it in memory.
    let directory: String?

    /// How long a stopping agent tries to tell how its runs ended.
    private static let lastWords = Duration.seconds(20)

    /// - Parameters:
    ///   - directory: for the logs of runs until the server has them; made if missing. Nil keeps them in memory, and
    ///     then a build waits for a server that is slow.
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
        self.directory = directory
    }

    /// Removes what runs of an earlier process left on the daemon.
    func removeLeftovers(logger: Logger) async {
        await daemon.removeLeftovers(logger: logger)
    }

    /// Carries out a run and finishes it with the broker. When the calling task is canceled the run is stopped, cleaned up and finished as
    /// Error; so this takes a moment longer then.
    ///
    /// - Parameter local: for a run that has no server.
    func carryOut(
        _ assignment: RunAssignment, local: LocalRunParts? = nil, broker: any RunBroker, logger: Logger
    ) async {
        var logger = logger
        logger[metadataKey: "run"] = "\(assignment.run)"
        let (stop, stopper) = AsyncStream<Void>.makeStream()
        // Its own task, so that the end of a run is written also when the agent is told to stop.
        let work = Task { [logger] in
            await conduct(assignment, local: local, broker: broker, stop: stop, logger: logger)
        }
        await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            stopper.finish()
        }
    }

    private func conduct(
        _ assignment: RunAssignment, local: LocalRunParts?, broker: any RunBroker, stop: AsyncStream<Void>,
        logger: Logger
    ) async {
        let lease = HeldLease(assignment.lease, terms: assignment.terms, broker: broker, logger: logger)
        let spool = spool(of: assignment, logger: logger)
        let log = RunLogWriter(
            broker: broker, lease: assignment.lease, secrets: assignment.secrets, limit: logLimit, logger: logger,
            spool: spool ?? MemorySpool(), console: console)
        let session = RunSession(
            assignment: assignment, lease: lease, broker: broker, daemon: daemon, registries: registries,
            fetcher: fetcher, log: log, local: local, logger: logger)
        await withTaskGroup(of: Void.self) { group in
            // Also while the run is cleaned up after, and its log is sent.
            group.addTask { await lease.keep() }
            group.addTask { await watch(assignment.timeout, stop, lease) }
            await conduct(session)
            group.cancelAll()
        }
        spool?.remove()
    }

    /// Stops the run when its time is over, or the agent's.
    private func watch(_ timeout: Duration, _ stop: AsyncStream<Void>, _ lease: HeldLease) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await Task.sleep(for: timeout) } catch { return }
                lease.stop(because: .timedOut)
            }
            group.addTask {
                for await _ in stop {}
                if Task.isCancelled { return }
                lease.stop(because: .agentStopping)
                do { try await Task.sleep(for: Self.lastWords) } catch { return }
                lease.stop(because: .leaseGivenUp)
            }
        }
    }

    private func conduct(_ session: RunSession) async {
        let (lease, log) = (session.lease, session.log)
        async let isShipped = lease.untilLost { try await log.ship() }
        async let areStepsTold: Void? = lease.untilLost {
            await session.steps.report(to: session.broker, for: lease.id, logger: session.logger)
        }
        let end = await race(session)
        let outcome = await outcome(of: end, session)
        session.steps.close()
        _ = await areStepsTold
        await log.close()
        guard await isShipped != nil, var outcome else {
            session.logger.warning(
                "run given up",
                metadata: ["error": lease.stop == .leaseLost ? "its lease is lost" : "no server answers"])
            return
        }
        outcome.baseImages = session.baseImages
        outcome.logLoss = await log.loss
        await finish(session, outcome)
    }

    /// Nil if it can't be made: the log is kept in memory then.
    private func spool(of assignment: RunAssignment, logger: Logger) -> FileSpool? {
        guard let directory else { return nil }
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            return try FileSpool("\(directory)/\(assignment.run)-\(assignment.epoch).log")
        } catch {
            logger.error("log kept in memory", metadata: ["error": "\(error)"])
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
            case .stopped(.timedOut), .stopped(.leaseLost), .stopped(.leaseGivenUp), nil: session.stopAtOnce()
            case .finished, .stopped(.canceled), .stopped(.agentStopping): break
            }
            await session.log.stopWaiting()
            group.cancelAll()
            return end ?? .stopped(.agentStopping)
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

    private func finish(_ session: RunSession, _ outcome: RunOutcome) async {
        let (lease, log, logger) = (session.lease, session.log, session.logger)
        let isFinished: Void? = await lease.untilLost {
            var failures = 0
            while true {
                do {
                    return try await session.broker.finish(lease.id, with: outcome, logLength: await log.length)
                } catch BrokerError.leaseLost {
                    lease.stop(because: .leaseLost)
                } catch BrokerError.logIncomplete(let stored) {
                    // It was restored from an older state of its disk, or lost the end.
                    try await log.shipAgain(from: stored)
                } catch {
                    failures += 1
                    logger.warning("run not finished", metadata: ["error": "\(error)", "attempt": "\(failures)"])
                    try await Task.sleep(for: Outage.pause(after: failures))
                }
                try Task.checkCancellation()
            }
        }
        if isFinished == nil {
            logger.warning(
                "run not finished",
                metadata: ["error": lease.stop == .leaseLost ? "its lease is lost" : "no server answers"])
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
