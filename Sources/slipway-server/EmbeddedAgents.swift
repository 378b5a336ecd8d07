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

/// The agents inside the server: one for each pool, on the daemon that the pool names.
struct EmbeddedAgents {
    let services: [any Service]
    static let idPrefix = "embedded-"

    init(
        configuration: ServerConfiguration, directory: DataDirectory, broker: LocalBroker, pools: PoolService,
        logger: Logger
    ) async throws {
        let trusted = try TrustedCertificates.bundle(extra: configuration.tls.extraCertificates)
        // The login service of a registry that this server stands in front of is this server.
        let own = [configuration.tls.own?.certificate, directory.path(CertificateAuthority.caFile)]
        let trustedByRegistries = try TrustedCertificates.bundle(
            extra: configuration.tls.extraCertificates + own.compactMap(\.self).filter(exists))
        let registries = RegistryClient(
            http: Self.client(trustedByRegistries, configuration.registryAddresses, configuration.proxy),
            realms: RealmPolicy(allowedOrigins: Set(configuration.tokenRealms)),
            endpoints: RegistryEndpoints(configuration.registries))
        let access = GitAccess(
            client: Self.client(trusted, configuration.sources.addresses, configuration.proxy),
            sshKey: try configuration.sources.ssh.map {
                Secret(String(decoding: try readFile($0.privateKeyFile, limit: 1 << 20), as: UTF8.self))
            },
            knownHosts: try configuration.sources.ssh.map {
                String(decoding: try readFile($0.knownHostsFile, limit: 1 << 20), as: UTF8.self)
            } ?? "",
            limits: ContextLimits(configuration.limits), cacheBytes: configuration.limits.gitCacheBytes)
        let root = directory.path(of: .agent)
        // All of them, also those of pools that are no longer configured.
        try await broker.recover(agents: Self.idPrefix + "*")
        var daemons: [String: Daemon] = [:]
        var services: [any Service] = []
        for pool in configuration.pools {
            let daemon =
                try daemons[pool.dockerEndpoint]
                ?? Daemon(
                    client: try DockerClient(endpoint: pool.dockerEndpoint), directory: "\(root)/names-\(daemons.count)"
                )
            daemons[pool.dockerEndpoint] = daemon
            let id = AgentID(Self.idPrefix + pool.name)
            let fetcher = ContextFetcher(access: access, directory: "\(root)/git-\(pool.name)")
            let executor = RunExecutor(
                daemon: daemon, registries: registries, fetcher: fetcher, logLimit: configuration.limits.logBytes,
                directory: "\(root)/runs-\(pool.name)",
                cache: CacheKeeper(client: try DockerClient(endpoint: pool.dockerEndpoint), limits: pool.cache))
            // Those that registries have for themselves are served as the first one.
            if services.isEmpty {
                services.append(RegistryPoolAgents(pools: pools, broker: broker, executor: executor, logger: logger))
            }
            services.append(
                AgentService(
                    description: AgentDescription(
                        id: id, pool: pool.name, host: ProcessInfo.processInfo.hostName, slots: pool.slots,
                        version: SlipwayServer.version),
                    broker: broker, executor: executor, logger: logger))
        }
        self.services = services
    }

    private static func client(_ trusted: [UInt8], _ addresses: AddressPolicy, _ proxy: ProxySettings) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.userAgent = "slipway/" + SlipwayServer.version
        configuration.trustedCertificates = trusted
        configuration.addressPolicy = addresses
        configuration.proxy = proxy
        return HTTPClient(configuration)
    }
}

extension ContextLimits {
    init(_ limits: ServerLimits) {
        self.init()
        packedBytes = limits.contextPackedBytes
        unpackedBytes = limits.contextUnpackedBytes
        entries = limits.contextEntries
    }
}
