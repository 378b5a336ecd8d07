public import Foundation
public import Hummingbird
public import HummingbirdTLS
public import Logging
public import Scheduling
public import Storage

/// Everything that answers HTTP.
public struct SlipwayRoutes: Sendable {
    let identity: ServerIdentity
    let settings: SchedulingSettings
    let runs: RunService
    let tasks: TaskService
    let uploads: BlobStore
    let database: Database
    let tokens: TokenService
    let links: LinkSigner
    let libraries: [String: String]
    let creationDate: Date
    let logger: Logger

    public init(
        identity: ServerIdentity, settings: SchedulingSettings, runs: RunService, tasks: TaskService,
        uploads: BlobStore,
        database: Database,
        tokens: TokenService, links: LinkSigner, libraries: [String: String], creationDate: Date, logger: Logger
    ) {
        self.identity = identity
        self.settings = settings
        self.runs = runs
        self.tasks = tasks
        self.uploads = uploads
        self.database = database
        self.tokens = tokens
        self.links = links
        self.libraries = libraries
        self.creationDate = creationDate
        self.logger = logger
    }

    /// An HTTPS server for these routes.
    ///
    /// - Parameter onServerRunning: called once the port is open.
    public func application(
        host: String, port: Int, tls: TLSConfiguration, onServerRunning: @escaping @Sendable (_ port: Int) async -> Void
    ) throws -> some ApplicationProtocol {
        Application(
            router: router(), server: try .tls(.http1(), tlsConfiguration: tls),
            configuration: .init(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { channel in await onServerRunning(channel.localAddress?.port ?? port) }, logger: logger)
    }

    func router() -> Router<ResourceContext> {
        table().router
    }

    /// All routes, each with who may use it.
    func table() -> RouteTable {
        let router = Router(context: ResourceContext.self, options: .caseInsensitive)
        router.add(middleware: ErrorMiddleware(logger: logger))
        let table = RouteTable(router: router)
        HealthController(database: database, identity: identity, libraries: libraries)
            .addRoutes(to: table.routes(for: .open))
        LoginController(tokens: tokens, identity: identity).addRoutes(to: table.routes(for: .open))
        UploadsController(uploads: uploads, links: links).addRoutes(to: table.routes(for: .link))
        LogsController(runs: runs, settings: settings, links: links).addRoutes(to: table.routes(for: .link))

        let guarded: (RouteAccess) -> RouterGroup<ResourceContext> = {
            table.routes(for: $0).add(middleware: TokenMiddleware(tokens: tokens))
        }
        let directory = RegistryDirectory(identity: identity, settings: settings, creationDate: creationDate)
        let registry = RegistryRoutes(directory: directory, guarded: guarded)
        SubscriptionsController(directory: directory).addRoutes(to: guarded(.principal))
        RegistriesController(directory: directory).addRoutes(to: registry)
        RunsController(directory: directory, runs: runs, tasks: tasks, links: links).addRoutes(to: registry)
        TasksController(directory: directory, tasks: tasks).addRoutes(to: registry)
        return table
    }
}
