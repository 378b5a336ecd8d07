public import AgentProtocol
import Contexts
public import CurlHTTP
import Foundation
import Logging
import Storage
public import TaskModel

/// The scheduler's side of the agents' protocol.
public struct LocalBroker: RunBroker {
    let environment: SchedulerEnvironment

    public init(_ environment: SchedulerEnvironment) {
        self.environment = environment
    }

    private var runs: any RunStore { environment.runs }
    private var logs: LogStore { environment.logs }
    private var settings: SchedulingSettings { environment.settings }
    private var signals: RunSignals { environment.signals }
    private var leases: LeaseBook { environment.leases }
    var agents: AgentDirectory { environment.agents }
    private var logger: Logger { environment.logger }

    /// Ends what agents of this process had in hand when the process stopped. Call it before they register.
    ///
    /// - Parameter agents: an id, or a pattern with `*`.
    public func recover(agents: String) async throws {
        try await LostRuns(environment: environment, cause: .restart).takeAll(of: agents)
    }

    public func register(_ agent: AgentDescription) async throws {
        agents.put(agent)
        logger.info(
            "agent registered",
            metadata: ["agent": "\(agent.id)", "pool": "\(agent.poolID)", "slots": "\(agent.slots)"])
    }

    public func heartbeat(_ report: AgentReport, of agent: AgentID) async throws -> AgentOrders {
        guard let orders = agents.note(report, of: agent) else { throw BrokerError.unknownAgent(agent) }
        return orders
    }

    public func nextRun(for agent: AgentID, waiting: Duration) async throws -> RunAssignment? {
        guard let membership = agents.membership(of: agent), let description = agents.find(agent) else {
            throw BrokerError.unknownAgent(agent)
        }
        return try await agents.asking(agent) {
            try await nextRun(for: description, while: { agents.membership(of: agent) == membership }, waiting: waiting)
        }
    }

    /// - Parameter isKnown: whether the agent has not been removed since it asked.
    private func nextRun(
        for description: AgentDescription, while isKnown: () -> Bool, waiting: Duration
    ) async throws -> RunAssignment? {
        let agent = description.id
        let deadline = ContinuousClock.now + waiting
        while true {
            let mark = signals.queues.mark()
            guard isKnown() else { throw BrokerError.unknownAgent(agent) }
            let lease = LeaseID.random()
            let rivals = agents.rivals(of: description)
            // One transaction: a task that is canceled meanwhile has claimed a run and gets it, or has not.
            let claimed =
                agents.isDraining(agent)
                ? nil
                : try await runs.claim(
                    pool: description.poolID, for: agent.text, rivals: rivals, lease: lease.text,
                    logLength: { [logs] in logs.beginStream(of: $0) }, at: environment.now())
            if let run = claimed {
                logger.info(
                    "run started", metadata: ["run": "\(run.id)", "agent": "\(agent)", "attempt": "\(run.epoch)"])
                environment.metrics.started(run)
                if run.epoch == 1, let start = run.startTime {
                    environment.waits.note(.seconds(start.timeIntervalSince(run.createTime)), in: run.pool)
                }
                signals.logs.notify(run.id)
                guard let assignment = await prepared(run, lease: lease) else { continue }
                guard isKnown() else {
                    await takeBack(assignment)
                    throw BrokerError.unknownAgent(agent)
                }
                return assignment
            }
            let left = deadline - .now
            guard left > .zero, !Task.isCancelled else { return nil }
            // A run may be there that is left for a rival, but not for longer than this.
            let most = rivals.agents.isEmpty ? left : min(left, rivals.patience)
            await signals.queues.wait(for: description.poolID, after: mark, atMost: most)
            if Task.isCancelled { return nil }
        }
    }

    public func resume(_ lease: LeaseID) async throws -> RunAssignment {
        let run = try await held(lease)
        guard let assignment = try await assignment(of: run, lease: lease) else { throw BrokerError.leaseLost }
        return assignment
    }

    public func uploadedContext(_ lease: LeaseID, in directory: String) async throws -> String {
        let run = try await held(lease)
        guard let name = run.request.common.sourceLocation.flatMap(RunService.uploadName(ofPath:)),
            let file = try environment.uploads.file(name)
        else { throw BrokerError.contextMissing(run.id) }
        return file
    }

    public func report(_ event: RunEvent, for lease: LeaseID) async throws {
        let run = try await holding(lease).run
        try await translating {
            switch event {
            case .began:
                try await runs.begin(lease: lease.text, at: environment.now())
                logger.debug("run began", metadata: ["run": "\(run)"])
            case .resolved(let source): try await runs.setSource(source, lease: lease.text, at: environment.now())
            case .waiting(let reason): try await runs.setWaitReason(reason, lease: lease.text, at: environment.now())
            case .planned(let steps): try await runs.planSteps(steps, lease: lease.text, at: environment.now())
            case .vertices(let batch): try await runs.setVertices(batch, lease: lease.text, at: environment.now())
            case .step(let step):
                if try await !runs.setStep(step, lease: lease.text, at: environment.now()) {
                    logger.warning(
                        "step not planned", metadata: ["run": "\(run)", "step": "\(step.id.escapedForDisplay)"])
                }
            }
        }
        signals.logs.notify(run)
    }

    public func appendLog(_ bytes: [UInt8], at offset: Int64, for lease: LeaseID) async throws {
        let holding = try await holding(lease)
        let (place, isTooFar) = holding.logStart.addingReportingOverflow(offset)
        guard offset >= 0, !isTooFar else { throw BrokerError.refused("no log has a byte at \(offset)") }
        do {
            _ = try logs.append(bytes, to: holding.run, at: place, stream: holding.logStart)
        } catch StorageError.logOffset(let expected) {
            throw BrokerError.logOffset(expected: expected - holding.logStart)
        } catch StorageError.leaseLost {
            throw refusal()
        }
        environment.metrics.logged(bytes: bytes.count)
        signals.logs.notify(holding.run)
    }

    public func secret(_ location: SecretLocation, for lease: LeaseID) async throws -> Secret {
        let run = try await held(lease)
        guard !run.isRestricted else {
            throw BrokerError.refused("the run carries out what came from a fork, and gets no secrets")
        }
        return try await VaultSecrets(of: run, environment).value(of: location)
    }

    public func keepOutput(_ form: ImageArchive, _ content: BytePipe, for lease: LeaseID) async throws {
        let run = try await holding(lease).run
        defer { content.abandon() }
        do {
            // An attempt that the run was taken from meanwhile must not replace what the next one has kept.
            try await environment.outputs.put(KeptOutput.name(of: run, form), content, by: lease.text) {
                _ = try await held(lease)
            }
        } catch StorageError.blobTooLarge(let limit) {
            throw BrokerError.outputTooLarge(limit: limit)
        }
        logger.info("output kept", metadata: ["run": "\(run)", "form": "\(form.rawValue)"])
    }

    public func grantPush(_ lease: LeaseID, of image: ImageReference) async throws -> PushGrant {
        _ = try await holding(lease)
        // Permitted first, looked up then: whoever asks for a stop in between waits for the end of this permission.
        let duration = leases.with { table, now in table.grant(lease, at: now) }
        let run = try await held(lease)
        if run.isRestricted {
            throw BrokerError.pushRefused("the run carries out what came from a fork, and pushes nothing")
        }
        if run.isCancelRequested { throw BrokerError.pushRefused("the run is being canceled") }
        if run.isTimeoutRequested { throw BrokerError.pushRefused("the run's time is over") }
        guard let duration else { throw BrokerError.leaseLost }
        guard duration > .zero else { throw BrokerError.unreachable("the lease has run out; renew it first") }
        return PushGrant(credential: try await RunLogins(of: run, environment).push(to: image), duration: duration)
    }

    public func renew(_ lease: LeaseID, waiting: Duration) async throws -> LeaseState {
        let deadline = ContinuousClock.now + waiting
        let run: RunID
        do { run = try await holding(lease).run } catch BrokerError.leaseLost { return .lost }
        // Before each look: a stop that comes after it ends the wait.
        var mark = signals.stops.mark()
        // From when the renewal came, not from when it is answered: the agent counts from when it sent it.
        var standing = leases.with { table, now in table.renew(lease, at: now) }
        while true {
            switch standing {
            case .held?: break
            case .stopping(.cancel)?: return .canceled
            case .stopping(.timeout)?: return .timedOut
            case .lost?, nil: return .lost
            }
            let left = deadline - .now
            guard left > .zero, !Task.isCancelled else { return .held }
            await signals.stops.wait(for: run, after: mark, atMost: left)
            mark = signals.stops.mark()
            standing = leases.with { table, _ in table.standing(of: lease) }
        }
    }

    public func finish(_ lease: LeaseID, with outcome: RunOutcome, logLength: Int64) async throws {
        guard let leased = try await runs.leased(lease.text) else { throw refusal() }
        let stored = logs.length(of: leased.run.id) - leased.logStart
        guard stored >= logLength else { throw BrokerError.logIncomplete(stored: stored) }
        try await translating {
            let run = try await runs.finish(lease: lease.text, with: outcome, at: environment.now())
            let elapsed = run.finishTime.map { $0.timeIntervalSince(run.startTime ?? run.createTime) } ?? 0
            let seconds = (elapsed * 1000).rounded() / 1000
            logger.info(
                "run finished",
                metadata: ["run": "\(run.id)", "status": "\(run.status.rawValue)", "seconds": "\(seconds)"])
            if leased.isHeld { environment.metrics.ended(run) }
        }
        await spread(leased.run, lease)
    }

    /// What follows for others from the end of a run.
    private func spread(_ run: Run, _ lease: LeaseID) async {
        leases.remove(lease)
        logs.close(run.id)
        signals.logs.notify(run.id)
        await environment.wakeQueues(after: run)
    }

    /// The run of a lease, as the store has it.
    private func held(_ lease: LeaseID) async throws -> Run {
        guard let leased = try await runs.leased(lease.text), leased.isHeld else { throw refusal() }
        return leased.run
    }

    /// Whose lease it is. One that the store has and this process does not, after a restart, is noted.
    private func holding(_ lease: LeaseID) async throws -> LeaseTable.Holding {
        if let known = leases.find(lease) { return known }
        guard let held = try await runs.heldRun(lease: lease.text) else { throw refusal() }
        environment.keep(held, at: environment.now())
        // Once more: a stop or an end that was written meanwhile found nothing here to change.
        guard let still = try await runs.heldRun(lease: lease.text) else {
            leases.remove(lease)
            throw refusal()
        }
        environment.keep(still, at: environment.now())
        guard let known = leases.find(lease) else { throw BrokerError.leaseLost }
        return known
    }

    private func translating(_ work: () async throws -> Void) async throws {
        do { try await work() } catch StorageError.leaseLost { throw refusal() }
    }

    /// Of a call for a run that is no longer its caller's.
    private func refusal() -> BrokerError {
        environment.metrics.staleWriteRefused()
        return .leaseLost
    }

    /// What the agent needs for a run it has claimed; nil if that can't be put together: the run has ended then.
    private func prepared(_ run: Run, lease: LeaseID) async -> RunAssignment? {
        // Its own task: a claimed run must not be forgotten because whoever asked for one was told to stop meanwhile.
        await Task {
            do {
                return try await assignment(of: run, lease: lease)
            } catch {
                logger.error("run not prepared", metadata: ["run": "\(run.id)", "error": "\(error)"])
                let outcome = RunOutcome(
                    status: .error,
                    message: "The server could not prepare the run; its log says why. Queue it again.")
                do {
                    try await end(run, lease: lease, outcome)
                } catch {
                    logger.error("run not finished", metadata: ["run": "\(run.id)", "error": "\(error)"])
                }
                return nil
            }
        }.value
    }

    /// - Returns: nil if the run can't be carried out any more; it has ended then.
    private func assignment(of run: Run, lease: LeaseID) async throws -> RunAssignment? {
        _ = try await holding(lease)
        do {
            return try await AssignmentBuilder(environment).assignment(of: run, lease: lease)
        } catch let error as RegistryGone {
            try await end(run, lease: lease, RunOutcome(status: .error, message: error.description))
        } catch let error as UnusableLogin {
            logger.warning(
                "login not made", metadata: ["run": "\(run.id)", "host": "\(error.host)", "error": "\(error)"])
            try await end(run, lease: lease, RunOutcome(status: .failed, message: error.description))
        }
        return nil
    }

    /// Ends a run that no agent was given.
    private func end(_ run: Run, lease: LeaseID, _ outcome: RunOutcome) async throws {
        let ended = try await runs.finish(lease: lease.text, with: outcome, at: environment.now())
        environment.metrics.ended(ended)
        await spread(ended, lease)
    }
}
