import AgentProtocol
import BuildAgent
import Contexts
import Crypto
import CurlHTTP
import Distribution
import DockerEngine
import Foundation
import Logging
import NIOSSL
import PrometheusText
import ResourceAPI
import Scheduling
import ServiceLifecycle
import Storage
import TaskModel
import WebServer

/// Puts a server together: stores, scheduler, web server, and an agent for each pool.
struct Server {
    /// In the order in which they start; they stop in reverse.
    let services: [any Service]

    init(configuration: ServerConfiguration, directory: DataDirectory, start: FirstStart, logger: Logger) async throws {
        let database = try Database(path: directory.path(of: .db) + "/slipway.sqlite")
        let principals = PrincipalStore(database: database)
        try await principals.putAdministrator(of: start, at: Date())
        let reserve = DiskReserve(path: configuration.data, bytes: configuration.limits.diskReserveBytes)
        let box = SecretBox(key: start.keys.secrets.key)
        let runs = SQLiteRunStore(database: database, box: box, reserve: reserve)
        let logs = LogStore(directory: directory.path(of: .logs))
        let uploads = BlobStore(
            directory: directory.path(of: .uploads), maxBytes: configuration.limits.contextPackedBytes, reserve: reserve
        )

        let outputs = BlobStore(
            directory: directory.path(of: .outputs), maxBytes: configuration.limits.outputBytes, reserve: reserve)

        let settings = try SchedulingSettings(configuration)
        let keys = RollingKeys(in: directory)
        let tokens = TokenService(
            issuer: "slipway:" + start.identity.tenant, tenant: start.identity.tenant, principals: principals,
            keys: keys.tokens)
        let metrics = PrometheusRegistry(help: SchedulerMetrics.help)
        let environment = SchedulerEnvironment(
            runs: runs, pools: AgentPoolStore(database: database), secrets: SecretStore(database: database, box: box),
            logs: logs, uploads: uploads, outputs: outputs, settings: settings, logger: logger,
            registryCredentials: RunRegistryCredentials(tokens: tokens, principals: principals), metrics: metrics)
        let service = RunService(environment)
        let pools = PoolService(environment, caches: try EmbeddedCaches(configuration.pools))
        let broker = LocalBroker(environment)
        // The login service of a registry that this server stands in front of is this server.
        let own = [configuration.tls.own?.certificate, directory.path(CertificateAuthority.caFile)]
        let agentSettings = try AgentSettings(
            configuration, registryCertificates: own.compactMap(\.self).filter(exists))
        let registrar = AgentRegistrar(environment, store: AgentStore(database: database), broker: broker)
        try await registrar.restore()

        let identity = WebServer.ServerIdentity(
            tenant: start.identity.tenant, subscription: start.identity.subscription,
            resourceGroup: start.identity.resourceGroup,
            publicURL: configuration.publicURL, version: SlipwayServer.version)
        let taskStore = SQLiteTaskStore(database: database, box: box)
        for (task, error) in try await taskStore.refreshIndex() {
            logger.error("task can't be read", metadata: ["task": "\(task)", "error": "\(error)"])
        }
        let timers = TimerTrigger(
            timers: TimerStore(database: database), tasks: taskStore, occurrences: runs, environment)
        let forges = try ForgeServices(
            configuration, environment: environment, database: database, box: box)
        let sources = try SourceServices(
            configuration, environment: environment, database: database, box: box, reserve: reserve,
            forges: forges.directory, registries: RegistryDeliveries(environment, database: database),
            folder: directory.path(of: .agent) + "/sources")
        let images = try BaseImageTriggers(
            configuration, environment: environment, tasks: taskStore, database: database,
            repositories: sources.repositories)
        let notifications = try Notifications(
            configuration, environment, NotificationStore(database: database, box: box),
            changes: RunChangeStore(database: database), write: identity.notificationBody)
        let routes = SlipwayRoutes(
            identity: identity, settings: settings, runs: service,
            tasks: TaskService(tasks: taskStore, settings: settings, followers: [forges.keeper]),
            pools: pools,
            taskRuns: TaskRunService(store: TaskRunStore(database: database, box: box), runs: service),
            secrets: SecretService(environment),
            uploads: uploads, database: database,
            tokens: tokens,
            links: LinkSigner(key: {
                let key = try keys.links()
                return (key.id, key.key)
            }),
            libraries: ["sqlite": try await database.libraryVersion()], creationDate: Date(timeIntervalSince1970: 0),
            limits: configuration.limits.requests,
            door: try RegistryDoor(configuration, adminUsers: AdminUserStore(database: database, box: box)),
            agents: AgentDesk(broker: broker, registrar: registrar) { pool in
                // Pools of a registry are as the first one.
                agentSettings.with(
                    pool.registry == nil
                        ? configuration.pools.first { $0.name.lowercased() == pool.name.lowercased() }
                        : configuration.pools.first)
            },
            metrics: MetricsController(metrics) { try await environment.lookForMetrics() },
            triggers: TriggerService(
                timers: timers, hooks: forges.keeper, polls: sources.polls, baseImages: images),
            registryHooks: RegistryHooks(hooks: HookStore(database: database, box: box)),
            deliveries: sources.deliveries, notifications: notifications.service, logger: logger)
        let web = try routes.application(
            host: configuration.listen.host, port: Int(configuration.listen.port), tls: try Self.tls(start.certificate)
        ) { port in
            logger.info(
                "server ready",
                metadata: ["url": "\(configuration.publicURL)", "port": "\(port)", "data": "\(configuration.data)"])
        }
        let agents = try await EmbeddedAgents(
            configuration: configuration, settings: agentSettings, directory: directory, broker: broker, pools: pools,
            logger: logger)
        services =
            [
                UploadCleaner(
                    runs: runs, uploads: uploads, outputs: outputs, outputLifetime: settings.outputLifetime,
                    logger: logger), LeaseReaper(environment), RunDeadline(environment), QueueDeadline(environment),
                QueueReminder(environment), timers, forges.keeper, forges.reporter, notifications.sender,
                OccurrenceRetention(
                    occurrences: runs, changes: RunChangeStore(database: database),
                    readers: [CommitStatusReporter.reader, NotificationRecorder.reader, TrackedImageStore.reader],
                    logger: logger),
                Retention(runs: runs, logs: logs, keeping: configuration.limits.runLifetime, logger: logger), web,
            ] + sources.services(environment) + images.services + agents.services
    }

    private static func tls(_ files: CertificateFiles) throws -> TLSConfiguration {
        let chain = try NIOSSLCertificate.fromPEMFile(files.certificate).map { NIOSSLCertificateSource.certificate($0) }
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain, privateKey: .privateKey(try NIOSSLPrivateKey(file: files.key, format: .pem)))
        tls.minimumTLSVersion = .tlsv12
        return tls
    }
}

extension SchedulingSettings {
    /// - Throws: ``FileError`` naming the file of the configuration that can't be read.
    init(_ configuration: ServerConfiguration) throws(FileError) {
        var gitSSH: GitSSH?
        if let ssh = configuration.sources.ssh {
            gitSSH = GitSSH(
                privateKey: Secret(String(decoding: try readFile(ssh.privateKeyFile, limit: 1 << 20), as: UTF8.self)),
                knownHosts: String(decoding: try readFile(ssh.knownHostsFile, limit: 1 << 20), as: UTF8.self))
        }
        self.init(
            registries: configuration.registries, pools: configuration.pools,
            otherCredentials: Dictionary(
                configuration.credentials.map { ($0.server.lowercased(), $0.credential) },
                uniquingKeysWith: { first, _ in first }),
            gitCredentials: configuration.sources.git, gitSSH: gitSSH, sources: configuration.sources.addresses,
            maxQueued: configuration.limits.maxQueued, runTimeout: configuration.limits.runTimeout,
            maxRunTimeout: configuration.limits.maxRunTimeout, queueTime: configuration.limits.queueTime,
            leases: configuration.leases, taskFiles: configuration.taskFiles,
            outputLifetime: configuration.limits.outputLifetime,
            builds: configuration.builds)
    }
}
