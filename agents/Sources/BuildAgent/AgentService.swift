public import AgentProtocol
import Foundation
public import Logging
public import ServiceLifecycle

/// An agent: asks the broker for runs and carries out as many at once as it has slots.
///
/// A graceful shutdown takes no new run and lets those in hand end; the task's cancellation stops them.
public struct AgentService: Service {
    let description: AgentDescription
    let slots: AgentSlots
    let broker: any RunBroker
    let executor: RunExecutor
    let health: AgentHealth?
    let contact: ServerContact
    let heartbeatEvery: Duration
    let logger: Logger

    /// - Parameters:
    ///   - slots: may change while the agent works; by default they are those of the description.
    ///   - health: the agent takes no run while this knows an obstacle.
    ///   - contact: is told whether the server answers.
    public init(
        description: AgentDescription, slots: AgentSlots? = nil, broker: any RunBroker, executor: RunExecutor,
        health: AgentHealth? = nil, contact: ServerContact = ServerContact(),
        heartbeatEvery: Duration = LeaseTerms().renewEvery, logger: Logger
    ) {
        self.description = description
        self.slots = slots ?? AgentSlots(description.slots)
        self.broker = broker
        self.executor = executor
        self.health = health
        self.contact = contact
        self.heartbeatEvery = heartbeatEvery
        var logger = logger
        logger[metadataKey: "agent"] = "\(description.id)"
        self.logger = logger
    }

    /// - Throws: ``BrokerError/notAuthorized(_:)`` once the server does not know the agent any more: what it has in hand is stopped then.
    public func run() async throws {
        if health != nil { slots.setClosed(true, because: .unwell) }
        // Not canceled with the others: runs that are stopped are still to be cleaned up after.
        let living = Task { await health?.lifeSign?.keep() }
        let work: Result<Void, any Error>
        do { work = .success(try await workOn()) } catch { work = .failure(error) }
        living.cancel()
        await living.value
        if !executor.daemon.owes { health?.lifeSign?.end() }
        try work.get()
    }

    private func workOn() async throws {
        let (known, signal) = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                await watchHealth()
                return false
            }
            group.addTask {
                try await keepInTouch { signal.finish() }
                return false
            }
            group.addTask {
                try await serve(once: known)
                return true
            }
            defer { group.cancelAll() }
            while let isOver = try await group.next(), !isOver {}
        }
    }

    /// Makes the agent known to the server, then tells that how it is.
    ///
    /// - Parameter whenKnown: called also where that is given up.
    private func keepInTouch(whenKnown: () -> Void) async throws {
        do {
            defer { whenKnown() }
            try await cancelWhenGracefulShutdown {
                try await Outage.enduring { try await broker.register(description) }
            }
        } catch is CancellationError {
            return
        }
        try await heartbeat.run()
    }

    private var heartbeat: Heartbeat {
        Heartbeat(
            agent: description.id, broker: broker, every: heartbeatEvery, contact: contact, logger: logger,
            report: {
                AgentReport(
                    obstacle: health?.obstacle, isStopping: Task.isShuttingDownGracefully, running: slots.busy)
            }, heed: { slots.setClosed($0.isDraining, because: .draining) })
    }

    /// Goes on with what an earlier process began, also while no server answers; then takes runs and carries them out
    /// until the agent is to stop.
    ///
    /// - Parameter known: ends when the server knows the agent.
    private func serve(once known: AsyncStream<Void>) async throws {
        await waitForDaemon()
        let left = await executor.removeLeftovers(logger: logger)
        try await withThrowingDiscardingTaskGroup { group in
            for run in left {
                slots.occupy()
                group.addTask {
                    await executor.settle(run, agent: description.id.text, broker: broker, logger: logger)
                    slots.giveBack()
                }
            }
            for await _ in known {}
            while let assignment = try await nextRun() {
                group.addTask {
                    await executor.carryOut(
                        assignment, agent: description.id.text, broker: broker, logger: logger)
                    slots.giveBack()
                    await executor.cache?.tidy(logger: logger)
                }
            }
        }
    }

    /// Looks after the daemon until the task is canceled.
    func watchHealth() async {
        await health?.watch(logger: logger) { obstacle in
            slots.setClosed(obstacle != nil, because: .unwell)
            // Also below the disk limit: that may be what fills the disk.
            await executor.daemon.removeOwed(logger: logger)
        }
    }

    /// What an earlier process left on a daemon can be removed only while that answers.
    private func waitForDaemon() async {
        while let health, !Task.isCancelled, !Task.isShuttingDownGracefully, await !health.doesDaemonAnswer() {
            try? await Task.sleep(for: .seconds(2))  // canceled: the loop ends
        }
    }

    /// The next run, for which a slot is taken. Nil once the agent is to stop.
    private func nextRun() async throws -> RunAssignment? {
        var failures = 0
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            do {
                let next = try await cancelWhenGracefulShutdown {
                    try await slots.fill { try await broker.nextRun(for: description.id, waiting: .seconds(30)) }
                }
                if let next { return next }
                failures = 0
            } catch is CancellationError {
                return nil
            } catch BrokerError.notAuthorized(let reason) {
                throw BrokerError.notAuthorized(reason)
            } catch {
                failures += 1
                if failures == 1 { logger.warning("no run taken", metadata: ["error": "\(error)"]) }
                try? await Task.sleep(for: Outage.pause(after: failures))  // canceled: the loop ends
            }
        }
        return nil
    }
}
