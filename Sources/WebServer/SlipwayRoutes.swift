public import Foundation
public import Hummingbird
public import HummingbirdTLS
public import Logging
import NIOCore
public import Scheduling
public import Storage
import TaskModel

/// Everything that answers HTTP.
public struct SlipwayRoutes: Sendable {
    let identity: ServerIdentity
    let settings: SchedulingSettings
    let runs: RunService
    let pools: PoolService
    let taskRuns: TaskRunService
    let tasks: TaskService
    let secrets: SecretService
    let uploads: BlobStore
    let database: Database
    let tokens: TokenService
    let links: LinkSigner
    let libraries: [String: String]
    let creationDate: Date
    let limits: RequestLimits
    let door: RegistryDoor?
    let metrics: MetricsController?
    let agents: AgentDesk?
    let triggers: TriggerService?
    let registryHooks: RegistryHooks?
    let deliveries: DeliveryService?
    let notifications: NotificationService?
    let logger: Logger

    /// - Parameters:
    ///   - door: nil for a server that stands in front of no registry.
    ///   - agents: nil for a server that has only agents of its own.
    ///   - triggers: nil for a server whose tasks run by hand only.
    ///   - registryHooks: nil for a server that no registry calls.
    ///   - deliveries: nil for a server that no forge or registry calls.
    ///   - notifications: nil for a server that tells nobody how runs go.
    public init(
        identity: ServerIdentity, settings: SchedulingSettings, runs: RunService, tasks: TaskService,
        pools: PoolService, taskRuns: TaskRunService, secrets: SecretService,
        uploads: BlobStore,
        database: Database,
        tokens: TokenService, links: LinkSigner, libraries: [String: String], creationDate: Date,
        limits: RequestLimits = RequestLimits(), door: RegistryDoor? = nil, agents: AgentDesk? = nil,
        metrics: MetricsController? = nil, triggers: TriggerService? = nil, registryHooks: RegistryHooks? = nil,
        deliveries: DeliveryService? = nil, notifications: NotificationService? = nil, logger: Logger
    ) {
        self.identity = identity
        self.settings = settings
        self.runs = runs
        self.pools = pools
        self.taskRuns = taskRuns
        self.tasks = tasks
        self.secrets = secrets
        self.uploads = uploads
        self.database = database
        self.tokens = tokens
        self.links = links
        self.libraries = libraries
        self.creationDate = creationDate
        self.limits = limits
        self.door = door
        self.metrics = metrics
        self.agents = agents
        self.triggers = triggers
        self.registryHooks = registryHooks
        self.deliveries = deliveries
        self.notifications = notifications
        self.logger = logger
    }

    /// An HTTPS server for these routes. Headers beyond 100, or of more than 64 KiB in all, are refused.
    ///
    /// - Parameter onServerRunning: called once the port is open.
    public func application(
        host: String, port: Int, tls: TLSConfiguration, onServerRunning: @escaping @Sendable (_ port: Int) async -> Void
    ) throws -> some ApplicationProtocol {
        Application(
            router: router(),
            server: try .tls(
                .http1(
                    configuration: .init(
                        idleTimeout: Self.idleTimeout,
                        httpDecoderConfiguration: .init(
                            maxHeaderFieldSize: 64 << 10, maxHeaderListSize: 64 << 10, maxHeaderFieldCount: 100))),
                tlsConfiguration: tls),
            configuration: .init(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { channel in await onServerRunning(channel.localAddress?.port ?? port) }, logger: logger)
    }

    /// How long a connection may stay without a request, or with half of one and nothing more coming.
    private static let idleTimeout = TimeAmount.seconds(300)

    func router() -> Router<ResourceContext> {
        table().router
    }

    /// All routes, each with who may use it.
    ///
    /// - Parameter uptime: by which requests are counted.
    func table(uptime: (@Sendable () -> Duration)? = nil) -> RouteTable {
        let start = ContinuousClock.now
        let uptime = uptime ?? { ContinuousClock.now - start }
        let router = Router(context: ResourceContext.self, options: .caseInsensitive)
        router.add(middleware: ErrorMiddleware(logger: logger))
        let table = RouteTable(router: router)
        let failures = FailedLogins(perMinute: limits.failedLoginsPerMinute, now: uptime)
        addOpenRoutes(to: table, failures: failures)
        addDoor(to: table, failures: failures)
        if let agents { AgentController(desk: agents).addRoutes(to: table.routes(for: .agent)) }
        if let deliveries { WebhooksController(deliveries: deliveries).addRoutes(to: table.routes(for: .hook)) }
        let requests = RateLimit(
            perSecond: Double(limits.requestsPerSecond), burst: limits.requestBurst, now: uptime)
        addResourceRoutes { access in
            table.routes(for: access).add(middleware: TokenMiddleware(tokens: tokens))
                .add(middleware: RateMiddleware(limit: requests))
        }
        router.add(middleware: UnknownRoute(table))
        return table
    }

    private func addOpenRoutes(to table: RouteTable, failures: FailedLogins) {
        HealthController(database: database, identity: identity, libraries: libraries)
            .addRoutes(to: table.routes(for: .open))
        LoginController(tokens: tokens, identity: identity, failures: failures).addRoutes(to: table.routes(for: .open))
        UploadsController(uploads: uploads, links: links).addRoutes(to: table.routes(for: .link))
        LogsController(runs: runs, settings: settings, links: links).addRoutes(to: table.routes(for: .link))
    }

    /// - Parameter guarded: where routes are added that only callers with a token reach.
    private func addResourceRoutes(guarded: @escaping (RouteAccess) -> RouterGroup<ResourceContext>) {
        let directory = RegistryDirectory(identity: identity, settings: settings, creationDate: creationDate)
        let registry = RegistryRoutes(directory: directory, guarded: guarded)
        let reader = RequestReader(directory: directory, tasks: tasks)
        SubscriptionsController(directory: directory).addRoutes(to: guarded(.principal))
        RegistriesController(directory: directory).addRoutes(to: registry)
        RunsController(directory: directory, runs: runs, reader: reader, links: links).addRoutes(to: registry)
        LogStreamController(runs: runs).addRoutes(to: registry)
        TasksController(directory: directory, tasks: tasks, triggers: triggers).addRoutes(to: registry)
        PrincipalsController(principals: PrincipalStore(database: database), settings: settings, now: tokens.now)
            .addRoutes(to: guarded(.everywhere(.administer)))
        AgentPoolsController(directory: directory, pools: pools).addRoutes(to: registry)
        PoolCachesController(pools: pools).addRoutes(to: registry)
        if let agents { AgentsController(registrar: agents.registrar).addRoutes(to: registry) }
        if let deliveries { DeliveriesController(deliveries: deliveries).addRoutes(to: registry) }
        SecretsController(secrets: secrets).addRoutes(to: registry)
        if let registryHooks {
            RegistryHooksController(hooks: registryHooks, identity: identity).addRoutes(to: registry)
        }
        if let notifications { NotificationsController(notifications: notifications).addRoutes(to: registry) }
        TaskRunsController(directory: directory, taskRuns: taskRuns, reader: reader).addRoutes(to: registry)
        RegistryCredentialsController(directory: directory, adminUsers: door?.adminUsers, pools: pools)
            .addRoutes(to: registry)
        RegistryNamesController(directory: directory).addRoutes(to: guarded(.principal))
        metrics?.addRoutes(to: guarded(.everywhere(.readResources)))
    }

    /// The endpoints of registries that this server stands in front of.
    private func addDoor(to table: RouteTable, failures: FailedLogins) {
        guard let door else { return }
        let logins = RegistryLogins(
            tokens: tokens, principals: PrincipalStore(database: database), adminUsers: door.adminUsers, runs: runs,
            settings: settings, failures: failures)
        let desk = RegistryDesk(settings: settings, logger: logger)
        let routes = table.routes(for: .registryLogin)
        RegistryTokensController(desk: desk, logins: logins).addRoutes(to: routes)
        RegistryController(desk: desk, logins: logins, proxy: door.proxy).addRoutes(to: routes)
        RepositoriesController(desk: desk, logins: logins, proxy: door.proxy).addRoutes(to: routes)
    }
}
