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

    /// - Parameters:
    ///   - console: sees what all runs print.
    ///   - cache: looks after the build cache once a run has ended.
    public init(
        daemon: Daemon, registries: RegistryClient, fetcher: ContextFetcher, logLimit: Int64,
        console: (any RunConsole)? = nil, cache: CacheKeeper? = nil
    ) {
        self.daemon = daemon
        self.registries = registries
        self.fetcher = fetcher
        self.logLimit = logLimit
        self.console = console
        self.cache = cache
    }

    /// Removes what runs of an earlier process left on the daemon.
    func removeLeftovers(logger: Logger) async {
        await daemon.removeLeftovers(logger: logger)
    }

    /// How a run came to its end.
    private enum End {
        case finished(RunOutcome)
        case canceled
        case timedOut
        case leaseLost
        case agentStopping
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
        let log = RunLogWriter(
            broker: broker, lease: assignment.lease, secrets: assignment.secrets, limit: logLimit, logger: logger,
            console: console)
        let session = RunSession(
            assignment: assignment, broker: broker, daemon: daemon, registries: registries, fetcher: fetcher, log: log,
            local: local, logger: logger)
        let work: any RunWork =
            switch assignment.request {
            case .build(let request): BuildRun(session: session, request: request)
            case .taskFile(let request): TaskRun(session: session, request: request)
            }
        async let isShipped = ship(log)
        async let areStepsTold: Void = session.steps.report(to: broker, for: assignment.lease, logger: logger)
        let end = await race(work, session: session, assignment: assignment, broker: broker, stop: stop, logger: logger)
        let outcome = await outcome(of: end, session: session, assignment: assignment, log: log)
        session.steps.close()
        await areStepsTold
        await log.close()
        guard await isShipped, var outcome else {
            logger.warning("run given up", metadata: ["error": "its lease is lost"])
            return
        }
        outcome.baseImages = session.baseImages
        await finish(assignment, outcome, logLength: await log.length, broker: broker, logger: logger)
    }

    private func ship(_ log: RunLogWriter) async -> Bool {
        do {
            try await log.ship()
            return true
        } catch {
            return false
        }
    }

    /// Whichever ends first ends the run; its clean-up is waited for.
    private func race(
        _ work: any RunWork, session: RunSession, assignment: RunAssignment, broker: any RunBroker,
        stop: AsyncStream<Void>, logger: Logger
    ) async -> End {
        await withTaskGroup(of: End?.self) { group in
            group.addTask { .finished(await work.carryOut()) }
            group.addTask { await keep(assignment, broker: broker, logger: logger) }
            group.addTask {
                do { try await Task.sleep(for: assignment.timeout) } catch { return nil }
                return .timedOut
            }
            group.addTask {
                for await _ in stop {}
                return Task.isCancelled ? nil : .agentStopping
            }
            while let end = await group.next() {
                guard let end else { continue }
                switch end {
                case .timedOut, .leaseLost: session.stopAtOnce()
                case .finished, .canceled, .agentStopping: break
                }
                await session.log.stopWaiting()
                group.cancelAll()
                return end
            }
            return .leaseLost
        }
    }

    /// Renews the lease until there is a reason to stop.
    private func keep(_ assignment: RunAssignment, broker: any RunBroker, logger: Logger) async -> End? {
        while !Task.isCancelled {
            do {
                switch try await broker.renew(assignment.lease, waiting: assignment.terms.renewEvery) {
                case .held: continue
                case .canceled: return .canceled
                case .timedOut: return .timedOut
                case .lost: return .leaseLost
                }
            } catch {
                if Task.isCancelled { return nil }
                logger.warning("lease not renewed", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(1))  // canceled: the loop ends
            }
        }
        return nil
    }

    private func outcome(of end: End, session: RunSession, assignment: RunAssignment, log: RunLogWriter) async
        -> RunOutcome?
    {
        let pushed = session.pushedImages
        switch end {
        case .finished(let outcome): return outcome
        case .canceled:
            await log.line("The run was canceled: what it did is stopped, and nothing more is pushed.")
            return RunOutcome(status: .canceled, outputImages: pushed)
        case .timedOut:
            let message = "the run took longer than its limit of \(assignment.timeout.components.seconds) s"
            await log.line("\(message): what it did is stopped.")
            return RunOutcome(status: .timeout, message: message, outputImages: pushed)
        case .agentStopping:
            let message = "the agent was stopped while the run was under way. Queue it again"
            await log.line(message)
            return RunOutcome(status: .error, message: message, outputImages: pushed)
        case .leaseLost: return nil
        }
    }

    private func finish(
        _ assignment: RunAssignment, _ outcome: RunOutcome, logLength: Int64, broker: any RunBroker, logger: Logger
    ) async {
        var attempt = 1
        while true {
            do {
                return try await broker.finish(assignment.lease, with: outcome, logLength: logLength)
            } catch BrokerError.leaseLost {
                logger.warning("run not finished", metadata: ["error": "its lease is lost"])
                return
            } catch {
                logger.warning("run not finished", metadata: ["error": "\(error)", "attempt": "\(attempt)"])
                try? await Task.sleep(for: .seconds(min(attempt, 10)))  // this task is never canceled
                attempt += 1
            }
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
