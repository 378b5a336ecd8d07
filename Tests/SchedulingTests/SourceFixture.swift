import AgentProtocol
import Contexts
import Crypto
import CurlHTTP
import Forges
import Foundation
import Logging
import Storage
import TaskModel
import TestSupport

@testable import Scheduling

/// A scheduler with tasks whose repository `app.git` is served over HTTP, looked at, and told of by a forge.
struct SourceFixture: Sendable {
    static let secret = Secret("hook-secret")
    static let hookID = String(repeating: "a", count: 32)

    let git: TestGitServer
    let folder: String
    let database: Database
    let box = SecretBox(key: SymmetricKey(data: Data(repeating: 1, count: 32)))
    let time = VirtualTime()
    let store: SQLiteRunStore
    let environment: SchedulerEnvironment
    let registry = Registry(
        name: "local01", loginServer: "localhost:5000", endpoint: "http://localhost:5000",
        credential: Credential(username: "u", password: Secret("registry-password")))

    static func with(_ body: (SourceFixture) async throws -> Void) async throws {
        try await withTemporaryFolder { folder async throws in
            try FileManager.default.createDirectory(atPath: folder + "/logs", withIntermediateDirectories: true)
            try await TestGitServer.with(folder: folder + "/git") { git in
                try await git.make(
                    "app.git", files: ["Dockerfile": "FROM scratch\n", "sub/Dockerfile": "FROM scratch\n"])
                try await body(try SourceFixture(git: git, folder: folder))
            }
        }
    }

    private init(git: TestGitServer, folder: String) throws {
        self.git = git
        self.folder = folder
        database = try Database(path: folder + "/db.sqlite")
        store = SQLiteRunStore(database: database, box: box)
        environment = Self.environment(
            store, database, box, registry, folder, time, allowing: git.origin, maxQueued: 10_000)
    }

    private static func environment(
        _ store: SQLiteRunStore, _ database: Database, _ box: SecretBox, _ registry: Registry, _ folder: String,
        _ time: VirtualTime, allowing origin: String, maxQueued: Int
    ) -> SchedulerEnvironment {
        let blobs = BlobStore(directory: folder, maxBytes: 1 << 20)
        return SchedulerEnvironment(
            runs: store, pools: AgentPoolStore(database: database), secrets: SecretStore(database: database, box: box),
            logs: LogStore(directory: folder + "/logs"), uploads: blobs, outputs: blobs,
            settings: SchedulingSettings(
                registries: [registry], pools: [AgentPool(name: "default", dockerEndpoint: "unix:///x", slots: 1)],
                otherCredentials: ["other.example.test": Credential(username: "o", password: Secret("other-password"))],
                gitCredentials: ["git.example.test": Credential(username: "g", password: Secret("git-password"))],
                gitSSH: GitSSH(privateKey: Secret("git-key"), knownHosts: ""),
                sources: AddressPolicy(allowedOrigins: [origin]), maxQueued: maxQueued),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { time.date }, uptime: { time.uptime })
    }

    /// The same where no more runs may wait than that.
    func environment(maxQueued: Int) -> SchedulerEnvironment {
        Self.environment(store, database, box, registry, folder, time, allowing: git.origin, maxQueued: maxQueued)
    }

    var tasks: SQLiteTaskStore { SQLiteTaskStore(database: database, box: box) }
    var hooks: HookStore { HookStore(database: database, box: box) }
    var polls: PollStore { PollStore(database: database) }
    var ledger: DeliveryStore { DeliveryStore(database: database) }

    var repositories: Repositories {
        var configuration = HTTPClient.Configuration()
        configuration.addressPolicy = environment.settings.sources
        return Repositories(
            settings: environment.settings, client: HTTPClient(configuration), folder: folder + "/mirrors")
    }

    /// What another process of the same server would have.
    func trigger(_ environment: SchedulerEnvironment? = nil) -> SourceTrigger {
        SourceTrigger(environment ?? self.environment, repositories: repositories, forges: ForgeDirectory())
    }

    func poller(_ environment: SchedulerEnvironment? = nil) -> RepositoryPolls {
        RepositoryPolls(
            environment ?? self.environment, polls: polls, tasks: tasks, hooks: hooks, trigger: trigger(environment),
            repositories: repositories, every: .seconds(300), jitter: { 1 })
    }

    func deliveries(_ environment: SchedulerEnvironment? = nil) -> DeliveryService {
        DeliveryService(
            hooks: hooks, store: ledger,
            forges: ForgeDeliveries(tasks: tasks, deliveries: ledger, trigger: trigger(environment)),
            now: { time.date })
    }

    func worker(_ deliveries: DeliveryService) -> DeliveryWorker {
        DeliveryWorker(deliveries, logger: environment.logger)
    }

    // MARK: Tasks

    @discardableResult
    func writeTask(
        _ name: String = "web", context: String = "app.git", events: [String] = ["commit", "pullrequest"],
        branch: String? = "master", filter: SourceFilter? = nil, _ change: (inout TaskDefinition) -> Void = { _ in }
    ) async throws -> TaskDefinition {
        let location = git.url(context)
        var task = TaskDefinition(
            name: name, registry: registry.name,
            step: .docker(
                TaskStep.DockerStep(
                    context: TaskContext(location: Secret(location)), dockerFilePath: "Dockerfile",
                    imageNames: ["app:{{.Run.ID}}"], isPushEnabled: true, noCache: false, target: nil,
                    arguments: [
                        BuildArgument(name: "PLAIN", value: Secret("shown"), isSecret: false),
                        BuildArgument(name: "TOKEN", value: Secret("build-secret"), isSecret: true),
                    ])),
            triggers: TaskTriggers(source: [
                SourceTriggerDefinition(
                    name: "source", isEnabled: true, events: events, sourceControlType: "Github",
                    repositoryURL: location, branch: branch, authorization: nil, filter: filter)
            ]), created: TaskDefinition.Authorship(by: "author", at: time.date),
            changed: TaskDefinition.Authorship(by: "author", at: time.date))
        change(&task)
        let written = task
        return try await tasks.update(name, in: registry.name) { _ in written }
    }

    func runs() async throws -> [Run] {
        try await store.list(registry: registry.name, RunFilter(), before: nil, limit: 100).reversed()
    }

    // MARK: GitHub

    func putHook(task: String = "web", standing: Hook.Standing = .manual) async throws -> Hook {
        let hook = Hook(
            id: Self.hookID, kind: .forge(.gitHub), registry: registry.name, task: task, trigger: "source",
            repositoryURL: git.url("app.git"), secret: Self.secret, standing: standing)
        try await hooks.put(hook)
        return hook
    }

    func webhook(_ event: String, _ payload: [String: Any], id: String = "d1", secret: Secret = secret) throws
        -> Webhook
    {
        let body = try JSONSerialization.data(withJSONObject: payload, options: .sortedKeys)
        let code = HMAC<SHA256>.authenticationCode(for: body, using: SymmetricKey(data: Data(secret.value.utf8)))
        let signature = code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return Webhook(
            headers: [
                "x-github-event": event, "x-github-delivery": id, "x-hub-signature-256": "sha256=\(signature)",
            ], body: Array(body))
    }

    private var repository: [String: Any] {
        ["id": 1, "clone_url": git.url("app.git"), "default_branch": "main"]
    }

    func push(_ ref: String, before: String? = nil, after: String?, message: String = "commit", id: String = "d1")
        throws
        -> Webhook
    {
        let nothing = String(repeating: "0", count: 40)
        var payload: [String: Any] = [
            "ref": ref, "before": before ?? nothing, "after": after ?? nothing, "repository": repository,
        ]
        if let after { payload["head_commit"] = ["id": after, "message": message] }
        return try webhook("push", payload, id: id)
    }

    func pullRequest(_ action: String = "opened", head: String, base: String, fork: Bool, id: String = "d1") throws
        -> Webhook
    {
        try webhook(
            "pull_request",
            [
                "action": action, "number": 7, "repository": repository,
                "pull_request": [
                    "title": "A change", "head": ["ref": "topic", "sha": head, "repo": ["id": fork ? 2 : 1]],
                    "base": ["ref": "main", "sha": base, "repo": repository],
                ],
            ], id: id)
    }

    /// Takes a delivery and works on it.
    @discardableResult
    func deliver(_ webhook: Webhook, to hook: Hook) async throws -> Delivery {
        let deliveries = deliveries()
        guard let taken = try await deliveries.take(webhook, to: hook) else { throw CocoaError(.userCancelled) }
        try await worker(deliveries).workOnDue()
        return try await deliveries.show("\(taken.delivery.id)", in: registry)
    }
}
