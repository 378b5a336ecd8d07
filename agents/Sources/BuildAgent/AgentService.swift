public import AgentProtocol
import Foundation
public import Logging
public import ServiceLifecycle

/// An agent: asks the broker for runs and carries out as many at once as it has slots.
///
/// A graceful shutdown takes no new run and lets those in hand end; the task's cancellation stops them.
public struct AgentService: Service {
    let description: AgentDescription
    let broker: any RunBroker
    let executor: RunExecutor
    let logger: Logger

    public init(description: AgentDescription, broker: any RunBroker, executor: RunExecutor, logger: Logger) {
        self.description = description
        self.broker = broker
        self.executor = executor
        var logger = logger
        logger[metadataKey: "agent"] = "\(description.id)"
        self.logger = logger
    }

    public func run() async throws {
        try await broker.register(description)
        await executor.removeLeftovers(logger: logger)
        await withTaskGroup(of: Void.self) { group in
            for slot in 0..<description.slots {
                group.addTask { await serve(slot: slot) }
            }
        }
    }

    private func serve(slot: Int) async {
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            do {
                let next = try await cancelWhenGracefulShutdown { [broker, description] in
                    try await broker.nextRun(for: description.id, waiting: .seconds(30))
                }
                guard let assignment = next else { continue }
                await executor.carryOut(assignment, broker: broker, logger: logger)
            } catch is CancellationError {
                return
            } catch {
                logger.error("no run taken", metadata: ["error": "\(error)", "slot": "\(slot)"])
                try? await Task.sleep(for: .seconds(2))  // canceled: the loop ends
            }
        }
    }
}
