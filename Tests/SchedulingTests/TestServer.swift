import AgentProtocol
import Crypto
import CurlHTTP
import Foundation
import Logging
import Storage
import TaskModel
import TestSupport

@testable import Scheduling

/// The scheduler over a store in a folder of its own.
struct TestServer {
    let folder: String
    let database: Database
    let box: SecretBox
    let settings: SchedulingSettings
    let store: SQLiteRunStore
    let logs: LogStore
    let uploads: BlobStore
    let service: RunService
    let pools: PoolService
    let secrets: SecretService
    let poolStore: AgentPoolStore
    let reminder: QueueReminder
    let queueLog: QueueLog
    let environment: SchedulerEnvironment
    let reaper: LeaseReaper
    let deadline: RunDeadline
    let queueDeadline: QueueDeadline
    let time: VirtualTime
    let broker: LocalBroker
    let registry = Registry(name: "local01", loginServer: "localhost:5000", endpoint: "http://localhost:5000")
    static let agent = AgentID("agent-1")

    static func with(_ body: (TestServer) async throws -> Void) async throws {
        try await withTemporaryFolder { folder async throws in
            for name in ["logs", "uploads"] {
                try FileManager.default.createDirectory(atPath: folder + "/" + name, withIntermediateDirectories: true)
            }
            try await body(try TestServer(folder: folder))
        }
    }

    private init(folder: String) throws {
        self.folder = folder
        database = try Database(path: folder + "/db.sqlite")
        box = SecretBox(key: SymmetricKey(data: Data(repeating: 1, count: 32)))
        store = SQLiteRunStore(database: database, box: box)
        logs = LogStore(directory: folder + "/logs")
        uploads = BlobStore(directory: folder + "/uploads", maxBytes: 1 << 20)
        settings = SchedulingSettings(
            registries: [registry],
            pools: [
                AgentPool(name: "default", dockerEndpoint: "unix:///x", slots: 1),
                AgentPool(
                    name: "strict", dockerEndpoint: "unix:///x", slots: 1,
                    policy: PoolPolicy(refuseSecretBuildArguments: true)),
            ], sources: AddressPolicy(allowedOrigins: ["http://git.example.test"]))
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        poolStore = AgentPoolStore(database: database)
        time = VirtualTime()
        environment = SchedulerEnvironment(
            runs: store, pools: poolStore, secrets: SecretStore(database: database, box: box), logs: logs,
            uploads: uploads, outputs: uploads, settings: settings, logger: logger,
            now: { [time] in time.date }, uptime: { [time] in time.uptime })
        service = RunService(environment)
        pools = PoolService(environment)
        secrets = SecretService(environment)
        reminder = QueueReminder(environment)
        queueLog = QueueLog(environment: environment)
        broker = LocalBroker(environment)
        reaper = LeaseReaper(environment)
        deadline = RunDeadline(environment)
        queueDeadline = QueueDeadline(environment)
    }

    /// What another process of the same server would have, at the same time.
    func restarted() -> (broker: LocalBroker, reaper: LeaseReaper, deadline: RunDeadline) {
        let environment = SchedulerEnvironment(
            runs: store, pools: poolStore, secrets: SecretStore(database: database, box: box), logs: logs,
            uploads: uploads, outputs: uploads, settings: settings, logger: environment.logger,
            now: { [time] in time.date }, uptime: { [time] in time.uptime })
        return (LocalBroker(environment), LeaseReaper(environment), RunDeadline(environment))
    }

    /// The same with another limit of its queue.
    func environment(maxQueued: Int) -> SchedulerEnvironment {
        var settings = settings
        settings.maxQueued = maxQueued
        return SchedulerEnvironment(
            runs: store, pools: poolStore, secrets: SecretStore(database: database, box: box), logs: logs,
            uploads: uploads, outputs: uploads, settings: settings, logger: environment.logger,
            now: { [time] in time.date }, uptime: { [time] in time.uptime })
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

    /// Registers an agent and lets it take the next run.
    func take() async throws -> RunAssignment? {
        try await broker.register(AgentDescription(id: Self.agent, pool: "default", host: "h", slots: 1, version: "1"))
        return try await broker.nextRun(for: Self.agent, waiting: .zero)
    }
}
