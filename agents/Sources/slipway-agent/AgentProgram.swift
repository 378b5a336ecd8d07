import AgentProtocol
import BuildAgent
import CurlHTTP
import DockerEngine
import Foundation
import Logging
import ServiceLifecycle

/// Joins the server, then carries out runs.
struct AgentProgram: Service {
    private let configuration: AgentConfiguration
    private let home: AgentHome
    private let docker: DockerClient
    private let slots: AgentSlots
    private let health: AgentHealth
    private let contact = ServerContact()
    private let logger: Logger

    init(_ configuration: AgentConfiguration, logger: Logger) throws {
        self.configuration = configuration
        self.logger = logger
        home = try AgentHome(configuration.data)
        docker = try DockerClient(endpoint: configuration.docker)
        slots = AgentSlots(configuration.slots)
        health = AgentHealth(client: docker, directory: home.directory, minFreeDisk: configuration.minFreeDisk)
    }

    func monitor(at address: (host: String, port: Int)) -> some Service {
        AgentMonitor(slots: slots, health: health, contact: contact).application(at: address, logger: logger)
    }

    func run() async throws {
        let entry: AgentEntry
        do {
            entry = try await cancelWhenGracefulShutdown { try await enter() }
        } catch is CancellationError {
            return
        }
        logger.info(
            "agent ready",
            metadata: [
                "agent": "\(entry.agent.id)", "pool": "\(entry.agent.pool)", "slots": "\(entry.agent.slots)",
                "server": "\(configuration.server)",
            ])
        try await service(entry).run()
    }

    private func enter() async throws -> AgentEntry {
        var settings = HTTPClient.Configuration()
        settings.userAgent = "slipway-agent/" + SlipwayAgent.agentVersion
        settings.trustedCertificates = SystemCertificates.bundle(
            and: try configuration.caFile.map { [try String(contentsOfFile: $0, encoding: .utf8)] } ?? [])
        settings.proxy = ProxySettings(environment: ProcessInfo.processInfo.environment)
        return try await AgentEntry(
            server: configuration.server, home: home, name: configuration.name,
            joinTokenFile: configuration.joinTokenFile, client: HTTPClient(settings), logger: logger
        ) { id in
            AgentDescription(
                id: id, pool: configuration.pool, host: ProcessInfo.processInfo.hostName, slots: configuration.slots,
                version: SlipwayAgent.agentVersion, labels: configuration.labels)
        }
    }

    private func service(_ entry: AgentEntry) throws -> AgentService {
        let host = AgentHost(
            settings: entry.settings, proxy: ProxySettings(environment: ProcessInfo.processInfo.environment),
            userAgent: "slipway-agent/" + SlipwayAgent.agentVersion)
        let root = home.directory
        let executor = host.executor(
            on: try Daemon(client: docker, directory: root + "/names"), directory: root + "/runs",
            sources: root + "/sources")
        return AgentService(
            description: entry.agent, slots: slots, broker: entry.broker, executor: executor, health: health,
            contact: contact, heartbeatEvery: entry.settings.heartbeatSeconds.map { .seconds($0) } ?? .seconds(10),
            logger: logger)
    }
}
