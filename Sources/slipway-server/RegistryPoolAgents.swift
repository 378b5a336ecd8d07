import AgentProtocol
import BuildAgent
import Foundation
import Logging
import Scheduling
import ServiceLifecycle
import TaskModel

/// The agents of the pools that registries have for themselves: each has as many slots as its pool's count, now and after each change.
struct RegistryPoolAgents: Service {
    let pools: PoolService
    let broker: LocalBroker
    let daemon: Daemon
    let executor: RunExecutor
    let logger: Logger

    func run() async throws {
        await withDiscardingTaskGroup { group in
            var slots: [PoolID: AgentSlots] = [:]
            for await _ in pools.changes().cancelOnGracefulShutdown() {
                let present = await presentPools()
                for pool in present {
                    if let known = slots[pool.id] {
                        known.setCount(pool.count)
                        continue
                    }
                    let new = AgentSlots(pool.count)
                    slots[pool.id] = new
                    group.addTask { await serve(pool, slots: new) }
                }
                // The agent of a removed pool ends its runs, and takes none until the pool is made again.
                for id in Set(slots.keys).subtracting(present.map(\.id)) { slots[id]?.setCount(0) }
            }
        }
    }

    private func presentPools() async -> [RegistryPool] {
        while !Task.isCancelled {
            do {
                return try await pools.embedded()
            } catch {
                logger.error("pools not read", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(2))  // canceled: the loop ends
            }
        }
        return []
    }

    private func serve(_ pool: RegistryPool, slots: AgentSlots) async {
        let agent = AgentService(
            description: AgentDescription(
                id: AgentID(EmbeddedAgents.idPrefix + pool.id.description), pool: pool.name, registry: pool.registry,
                host: ProcessInfo.processInfo.hostName, slots: pool.count, version: SlipwayServer.version),
            slots: slots, broker: broker, executor: executor, health: AgentHealth(of: daemon), logger: logger)
        do {
            try await agent.run()
        } catch {
            logger.error("agent not registered", metadata: ["pool": "\(pool.id)", "error": "\(error)"])
        }
    }
}
