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
    let logger: Logger

    /// - Parameters:
    ///   - slots: may change while the agent works; by default they are those of the description.
    ///   - health: the agent takes no run while this knows an obstacle.
    public init(
        description: AgentDescription, slots: AgentSlots? = nil, broker: any RunBroker, executor: RunExecutor,
        health: AgentHealth? = nil, logger: Logger
    ) {
        self.description = description
        self.slots = slots ?? AgentSlots(description.slots)
        self.broker = broker
        self.executor = executor
        self.health = health
        var logger = logger
        logger[metadataKey: "agent"] = "\(description.id)"
        self.logger = logger
    }

    public func run() async throws {
        if health != nil { slots.setClosed(true, because: .unwell) }
        try await broker.register(description)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await watchHealth() }
            await serve()
            group.cancelAll()
        }
    }

    /// Takes runs and carries them out until the agent is to stop.
    private func serve() async {
        await waitForDaemon()
        await executor.removeLeftovers(logger: logger)
        await withDiscardingTaskGroup { group in
            group.addTask { await executor.settleLeft(broker: broker, logger: logger) }
            while let assignment = await nextRun() {
                group.addTask {
                    await executor.carryOut(
                        assignment, agent: description.id.text, broker: broker, logger: logger)
                    slots.giveBack()
                    await executor.cache?.tidy(logger: logger)
                }
            }
        }
    }

    private func watchHealth() async {
        await health?.watch(logger: logger) { obstacle in
            if obstacle == nil { await executor.daemon.removeOwed(logger: logger) }
            slots.setClosed(obstacle != nil, because: .unwell)
        }
    }

    /// What an earlier process left on a daemon can be removed only while that answers.
    private func waitForDaemon() async {
        while let health, !Task.isCancelled, !Task.isShuttingDownGracefully, await !health.doesDaemonAnswer() {
            try? await Task.sleep(for: .seconds(2))  // canceled: the loop ends
        }
    }

    /// The next run, for which a slot is taken. Nil once the agent is to stop.
    private func nextRun() async -> RunAssignment? {
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            do {
                let next = try await cancelWhenGracefulShutdown {
                    try await slots.fill { try await broker.nextRun(for: description.id, waiting: .seconds(30)) }
                }
                if let next { return next }
            } catch is CancellationError {
                return nil
            } catch {
                logger.error("no run taken", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(2))  // canceled: the loop ends
            }
        }
        return nil
    }
}
