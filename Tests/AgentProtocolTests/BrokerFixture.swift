import AgentProtocol
import Crypto
import CurlHTTP
import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import Storage
import TaskModel
import TestSupport
import Testing

@testable import Scheduling
@testable import WebServer

/// Which form of the broker a test goes through.
enum BrokerForm: String, CaseIterable, CustomTestStringConvertible {
    case local
    /// Over a real server on loopback.
    case http

    var testDescription: String { rawValue }
}

/// A scheduler over a store in a folder of its own, and agents of its pools `default` and `other` that ask it in one form or the other.
struct BrokerFixture: Sendable {
    static let agent = AgentID("agent-1")

    let form: BrokerForm
    let folder: String
    let registry: Registry
    let store: SQLiteRunStore
    let uploads: BlobStore
    let service: RunService
    let secrets: SecretService
    let agents: AgentStore
    let local: LocalBroker
    let registrar: AgentRegistrar
    /// Nil in the local form.
    let url: String?
    private let client = HTTPClient()

    /// What ``agent`` asks.
    let broker: any RunBroker

    static func with(_ form: BrokerForm, _ body: @escaping @Sendable (BrokerFixture) async throws -> Void) async throws
    {
        try await withTemporaryFolder { folder async throws in
            for name in ["logs", "uploads", "agent"] {
                try FileManager.default.createDirectory(atPath: folder + "/" + name, withIntermediateDirectories: true)
            }
            let parts = try Parts(folder: folder)
            switch form {
            case .local: try await body(try BrokerFixture(parts, url: nil))
            case .http:
                let router = Router(context: ResourceContext.self, options: .caseInsensitive)
                router.add(middleware: ErrorMiddleware(logger: Parts.logger))
                AgentController(
                    desk: AgentDesk(broker: parts.local, registrar: parts.registrar) { _ in parts.agentSettings }
                ).addRoutes(to: router)
                try await Application(router: router).test(.live) { live in
                    let fixture = try BrokerFixture(parts, url: "http://127.0.0.1:\(live.port ?? 0)")
                    try await fixture.join(Self.agent)
                    try await body(fixture)
                }
            }
        }
    }

    private struct Parts {
        static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

        let folder: String
        let registry = Registry(name: "local01", loginServer: "localhost:5000", endpoint: "http://localhost:5000")
        let database: Storage.Database
        let uploads: BlobStore
        let store: SQLiteRunStore
        let environment: SchedulerEnvironment
        let agents: AgentStore
        let local: LocalBroker
        let registrar: AgentRegistrar

        var agentSettings: AgentSettings {
            var settings = AgentSettings()
            settings.logBytes = 12
            return settings
        }

        init(folder: String) throws {
            self.folder = folder
            database = try Storage.Database(path: folder + "/db.sqlite")
            let box = SecretBox(key: SymmetricKey(data: Data(repeating: 1, count: 32)))
            store = SQLiteRunStore(database: database, box: box)
            uploads = BlobStore(directory: folder + "/uploads", maxBytes: 1 << 20)
            environment = SchedulerEnvironment(
                runs: store, pools: AgentPoolStore(database: database),
                secrets: SecretStore(database: database, box: box), logs: LogStore(directory: folder + "/logs"),
                uploads: uploads, outputs: uploads,
                settings: SchedulingSettings(
                    registries: [registry],
                    pools: ["default", "other"].map {
                        AgentPool(name: $0, dockerEndpoint: "unix:///x", slots: 1)
                    }, gitSSH: GitSSH(privateKey: Secret("key"), knownHosts: "hosts")), logger: Self.logger,
                // It stands: how long a run waits for the agent that it prefers must not depend on the machine.
                now: { Date(timeIntervalSince1970: 1_800_000_000) })
            agents = AgentStore(database: database)
            local = LocalBroker(environment)
            registrar = AgentRegistrar(environment, store: agents, broker: local)
        }
    }

    private init(_ parts: Parts, url: String?) throws {
        form = url == nil ? .local : .http
        folder = parts.folder
        registry = parts.registry
        store = parts.store
        uploads = parts.uploads
        service = RunService(parts.environment)
        secrets = SecretService(parts.environment)
        agents = parts.agents
        local = parts.local
        registrar = parts.registrar
        self.url = url
        broker = try Self.broker(of: Self.agent, url: url, client: client, local: local)
    }

    private static func broker(
        of agent: AgentID, key: String? = nil, url: String?, client: HTTPClient, local: LocalBroker
    ) throws -> any RunBroker {
        guard let url else { return local }
        return try HTTPBroker(
            server: url, agent: agent, key: Secret(key ?? Self.key(of: agent)), client: client)
    }

    private static func key(of agent: AgentID) -> String {
        "a key of \(agent.text), which has a good length"
    }

    /// What an agent of that id asks.
    ///
    /// - Parameter key: its own one by default.
    func broker(of agent: AgentID, key: String? = nil) throws -> any RunBroker {
        try Self.broker(of: agent, key: key, url: url, client: client, local: local)
    }

    static func description(of agent: AgentID, pool: String = "default") -> AgentDescription {
        AgentDescription(id: agent, pool: pool, host: "h", slots: 1, version: "1", labels: ["zone": "a"])
    }

    /// Makes a join token of a pool.
    func token(of pool: String = "default") async throws -> AgentCredential {
        let made = try await registrar.makeToken(for: PoolID(name: pool), lifetime: nil, by: "tester")
        return try #require(AgentCredential(made.text.value))
    }

    /// Lets an agent join the pool `default`, and register where there are no keys.
    func join(_ agent: AgentID) async throws {
        guard let remote = try broker(of: agent) as? HTTPBroker else {
            return try await local.register(Self.description(of: agent))
        }
        _ = try await remote.join(Self.description(of: agent), with: try await token())
    }

    static func request(
        source: String? = "https://git.example.test/app.git", _ change: (inout BuildRequest) -> Void = { _ in }
    ) -> RunRequest {
        var build = BuildRequest(sourceLocation: source, imageNames: ["app:v1"], isPushEnabled: true)
        change(&build)
        return .build(build)
    }

    func submit(_ request: RunRequest = request()) async throws -> Run {
        try await service.submit(request, type: .quickBuild, to: registry, by: "tester")
    }

    /// Registers ``agent`` and lets it take the next run.
    func take() async throws -> RunAssignment? {
        try await broker.register(Self.description(of: Self.agent))
        return try await broker.nextRun(for: Self.agent, waiting: .zero)
    }

    /// - Returns: the path that a request names.
    func upload(_ bytes: [UInt8]) async throws -> String {
        let name = UUID().uuidString.lowercased() + ".tar.gz"
        try await uploads.put(
            name,
            AsyncStream([UInt8].self) { stream in
                stream.yield(bytes)
                stream.finish()
            })
        return "source/" + name
    }

    func log(of run: RunID) async throws -> String {
        let log = try await service.log(of: run.text, in: registry)
        return String(decoding: try log.read(from: 0, count: 10_000), as: UTF8.self)
    }
}
