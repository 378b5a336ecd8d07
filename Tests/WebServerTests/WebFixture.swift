import AgentProtocol
import Crypto
import CurlHTTP
import Forges
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import PrometheusText
import ResourceAPI
import Scheduling
import Storage
import Synchronization
import TaskModel
import Testing

@testable import WebServer

/// The time of a test: dates and the monotonic clock move together, when the test says so.
final class TestTime: Sendable {
    private let passed = Mutex<Duration>(.zero)

    var uptime: Duration { passed.withLock { $0 } }
    var date: Date { Date(timeIntervalSince1970: 1_800_000_000 + Double(uptime.components.seconds)) }

    func advance(_ seconds: Int) { passed.withLock { $0 += .seconds(seconds) } }
}

/// All routes over stores in a folder of their own: registries local01, which has the run ca1, and other01.
struct WebFixture: Sendable {
    static let scope = "/subscriptions/SUB/resourceGroups/slipway/providers/Microsoft.ContainerRegistry/registries/"
    static let build = #"{"type":"DockerBuildRequest","sourceLocation":"https://h.test/a.git","imageNames":["a"]}"#

    let client: any TestClientProtocol
    let routes: [RouteTable.Route]
    let principals: PrincipalStore
    let runs: SQLiteRunStore
    let logs: LogStore
    let tokens: TokenService
    let links: LinkSigner
    let hooks: HookStore
    let deliveries: DeliveryService
    let time: TestTime

    /// - Parameters:
    ///   - slots: of the pool that the configuration names.
    ///   - hasRun: whether ca1 is there.
    static func with(
        slots: Int = 1, hasRun: Bool = true,
        limits: RequestLimits = RequestLimits(requestsPerSecond: 1000, requestBurst: 100_000),
        keys: (@Sendable () throws -> TokenKeys)? = nil, _ body: @Sendable (WebFixture) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/slipway-web-" + UUID().uuidString
        for name in ["logs", "uploads"] {
            try FileManager.default.createDirectory(atPath: folder + "/" + name, withIntermediateDirectories: true)
        }
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let time = TestTime()
        let key = SymmetricKey(data: Data(repeating: 1, count: 32))
        let database = try Storage.Database(path: folder + "/db.sqlite")
        let principals = PrincipalStore(database: database)
        let settings = SchedulingSettings(
            registries: ["local01", "other01"].map {
                Registry(name: $0, loginServer: "localhost:5000", endpoint: "http://localhost:5000")
            }, pools: [AgentPool(name: "default", dockerEndpoint: "unix:///x", slots: slots)])
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let uploads = BlobStore(directory: folder + "/uploads", maxBytes: 1 << 20)
        let tokens = TokenService(
            issuer: "slipway", tenant: "TENANT", principals: principals, now: { time.date },
            keys: keys ?? { TokenKeys(signing: TokenKeys.Key(id: "k", key: key)) })
        let links = LinkSigner(key: key, keyVersion: "v", now: { time.date })
        let box = SecretBox(key: key)
        let store = SQLiteRunStore(database: database, box: box)
        let logs = LogStore(directory: folder + "/logs")
        let metrics = PrometheusRegistry(help: SchedulerMetrics.help)
        let environment = SchedulerEnvironment(
            runs: store, pools: AgentPoolStore(database: database), secrets: SecretStore(database: database, box: box),
            logs: logs, uploads: uploads,
            outputs: BlobStore(directory: folder, maxBytes: 1 << 20), settings: settings, logger: logger,
            metrics: metrics)
        let runs = RunService(environment)
        let broker = LocalBroker(environment)
        let tasks = SQLiteTaskStore(database: database, box: box)
        let triggers = TriggerService(
            timers: TimerTrigger(
                timers: TimerStore(database: database), tasks: tasks, occurrences: store, environment))
        let hooks = HookStore(database: database, box: box)
        let ledger = DeliveryStore(database: database)
        let trigger = SourceTrigger(
            environment,
            repositories: Repositories(settings: settings, client: HTTPClient(), folder: folder + "/git"),
            forges: ForgeDirectory())
        let deliveries = DeliveryService(
            hooks: hooks, store: ledger, forges: ForgeDeliveries(tasks: tasks, deliveries: ledger, trigger: trigger),
            now: { time.date })
        let identity = WebServer.ServerIdentity(
            tenant: "TENANT", subscription: "SUB", resourceGroup: "slipway", publicURL: "https://s", version: "1")
        let routes = SlipwayRoutes(
            identity: identity,
            settings: settings, runs: runs,
            tasks: TaskService(tasks: tasks, settings: settings),
            pools: PoolService(environment),
            taskRuns: TaskRunService(store: TaskRunStore(database: database, box: box), runs: runs),
            secrets: SecretService(environment), uploads: uploads,
            database: database, tokens: tokens, links: links, libraries: [:], creationDate: Date(), limits: limits,
            agents: AgentDesk(
                broker: broker,
                registrar: AgentRegistrar(environment, store: AgentStore(database: database), broker: broker),
                settings: { _ in AgentSettings() }),
            metrics: MetricsController(metrics) { try await environment.lookForMetrics() }, triggers: triggers,
            registryHooks: RegistryHooks(hooks: HookStore(database: database, box: box)), deliveries: deliveries,
            notifications: NotificationService(
                environment, store: NotificationStore(database: database, box: box),
                post: NotificationPost(http: HTTPClient()), write: identity.notificationBody), logger: logger)
        let table = routes.table(uptime: { time.uptime })
        let all = table.routes
        try await Application(router: table.router).test(.router) { client in
            let web = WebFixture(
                client: client, routes: all, principals: principals, runs: store, logs: logs, tokens: tokens,
                links: links, hooks: hooks, deliveries: deliveries,
                time: time)
            if hasRun {
                let builder = try await web.login(RoleAssignment(.builder))
                _ = try await web.call(builder, .post, scope + "local01/scheduleRun", build)
            }
            try await body(web)
        }
    }

    /// The token of a new principal with these roles.
    func login(_ roles: RoleAssignment..., for audience: TokenAudience = .management) async throws -> String {
        try await login(roles, for: audience)
    }

    func login(_ roles: [RoleAssignment], for audience: TokenAudience = .management) async throws -> String {
        let made = try await principals.create(named: "test", roles: Set(roles), at: time.date)
        let id = made.record.principal.id
        return try #require(try await tokens.issue(clientID: id, secret: made.secret.value, for: audience)).value
    }

    func call(
        _ token: String?, _ method: HTTPRequest.Method, _ path: String, _ body: String = "",
        headers: HTTPFields = [:]
    ) async throws -> TestResponse {
        var headers = headers
        if let token { headers[.authorization] = "Bearer \(token)" }
        return try await client.execute(uri: path, method: method, headers: headers, body: ByteBuffer(string: body))
    }
}

extension TestResponse {
    var text: String { String(buffer: body) }

    func decoded<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try WireJSON.decode(type, from: Array(body.readableBytesView))
    }

    /// The code of the ARM envelope; nil if the body is none.
    var code: String? { try? decoded(ErrorEnvelope.self).error.code }
}

extension RouteTable.Route {
    /// The path with its parameters filled in; those that are not given get a value that nothing has.
    func filled(_ values: [String: String] = [:]) -> String {
        let known = [
            "subscription": "SUB", "group": "slipway", "registry": "local01", "run": "ca1", "tenant": "TENANT",
        ]
        .merging(values) { $1 }
        let segments = path.components.map { component in
            let text = component.description
            return text.hasPrefix("{") ? known[String(text.dropFirst().dropLast())] ?? "x1" : text
        }
        return "/" + segments.joined(separator: "/")
    }

    var name: String { "\(method.rawValue) \(path)" }
}
