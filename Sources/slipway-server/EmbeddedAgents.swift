import AgentProtocol
import BuildAgent
import Contexts
import CurlHTTP
import Distribution
import DockerEngine
import Foundation
import Logging
import Scheduling
import ServiceLifecycle
import TaskModel

/// The agents inside the server: one for each pool that has slots there, on the daemon that the pool names.
struct EmbeddedAgents {
    let services: [any Service]
    static let idPrefix = "embedded-"

    init(
        configuration: ServerConfiguration, settings: AgentSettings, directory: DataDirectory, broker: LocalBroker,
        pools: PoolService, logger: Logger
    ) async throws {
        let host = AgentHost(
            settings: settings, proxy: configuration.proxy, userAgent: "slipway/" + SlipwayServer.version,
            endpoints: RegistryEndpoints(configuration.registries))
        let root = directory.path(of: .agent)
        // All of them, also those of pools that are no longer configured.
        try await broker.recover(agents: Self.idPrefix + "*")
        var daemons: [String: Daemon] = [:]
        var services: [any Service] = []
        for pool in configuration.pools where pool.slots > 0 {
            let daemon =
                try daemons[pool.dockerEndpoint]
                ?? Daemon(
                    client: try DockerClient(endpoint: pool.dockerEndpoint), directory: "\(root)/names-\(daemons.count)"
                )
            daemons[pool.dockerEndpoint] = daemon
            let id = AgentID(Self.idPrefix + pool.name)
            let executor = host.executor(
                on: daemon, directory: "\(root)/runs-\(pool.name)", sources: "\(root)/git-\(pool.name)",
                cache: pool.cache)
            // Those that registries have for themselves are served as the first one.
            if services.isEmpty {
                services.append(
                    RegistryPoolAgents(
                        pools: pools, broker: broker, daemon: daemon, executor: executor, logger: logger))
            }
            services.append(
                AgentService(
                    description: AgentDescription(
                        id: id, pool: pool.name, host: ProcessInfo.processInfo.hostName, slots: pool.slots,
                        version: SlipwayServer.version),
                    broker: broker, executor: executor, health: AgentHealth(of: daemon), logger: logger))
        }
        self.services = services
    }
}
