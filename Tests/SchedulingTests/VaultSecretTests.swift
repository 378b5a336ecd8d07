import AgentProtocol
import Foundation
import Logging
import Storage
import Synchronization
import TaskModel
import Testing

@testable import Scheduling

/// Secrets of a registry, on their way to the agent of a run.
struct VaultSecretTests {
    private func set(_ value: String, _ location: String, _ server: TestServer) async throws {
        _ = try await server.secrets.set(
            Secret(value), at: try SecretLocation(location), in: server.registry, by: "me")
    }

    private static func request(_ username: String, _ password: String) throws -> RunRequest {
        let login = VaultLogin(
            username: try VaultLogin.Part(TaskSecret(Secret(username), isVaultURL: username.hasPrefix("https:"))),
            password: try VaultLogin.Part(TaskSecret(Secret(password), isVaultURL: true)))
        return TestServer.request { $0.vaultLogins = ["r.example.test": login] }
    }

    @Test func `whoever holds a run is told the secrets of its registry, and nobody else`() async throws {
        try await TestServer.with { server async throws in
            try await set("one", "https://v.test/secrets/a", server)
            let run = try await server.submit()
            let lease = try #require(try await server.take()).lease
            let location = try SecretLocation("https://v.test/secrets/A")
            let missing = try SecretLocation("https://v.test/secrets/b")

            #expect(try await server.broker.secret(location, for: lease).value == "one")
            await #expect(throws: BrokerError.secretMissing(missing)) {
                try await server.broker.secret(missing, for: lease)
            }
            await #expect(throws: BrokerError.leaseLost) {
                try await server.broker.secret(location, for: LeaseID("other"))
            }
            try await server.broker.finish(lease, with: RunOutcome(status: .succeeded), logLength: 0)
            await #expect(throws: BrokerError.leaseLost) { try await server.broker.secret(location, for: lease) }
            #expect(try await server.service.show(run.id.text, in: server.registry).status == .succeeded)
        }
    }

    @Test func `S16 secrets of other registries are missing`() async throws {
        try await TestServer.with { server async throws in
            let location = try SecretLocation("https://v.test/secrets/a")
            let other = Registry(name: "other01", loginServer: "o.test", endpoint: "https://o.test")
            _ = try await server.secrets.set(Secret("one"), at: location, in: other, by: "me")
            _ = try await server.submit()
            let lease = try #require(try await server.take()).lease

            await #expect(throws: BrokerError.secretMissing(location)) {
                try await server.broker.secret(location, for: lease)
            }
        }
    }

    @Test(arguments: ["https://v.test/secrets/user", "someone"])
    func `logins that stand in a vault are made when a run is handed out, and again to push`(username: String)
        async throws
    {
        try await TestServer.with { server async throws in
            try await set("someone", "https://v.test/secrets/user", server)
            try await set("old", "https://v.test/secrets/password", server)
            let run = try await server.submit(try Self.request(username, "https://v.test/secrets/password"))
            #expect(run.request == (try Self.request(username, "https://v.test/secrets/password")).pooled)
            try await set("new", "https://v.test/secrets/password", server)

            let assignment = try #require(try await server.take())
            let grant = try await server.broker.grantPush(
                assignment.lease, of: try ImageReference("r.example.test/app:v1"))

            let login = Credential(username: "someone", password: Secret("new"))
            #expect(assignment.pullCredentials["r.example.test"] == login)
            #expect(assignment.request.common.customCredentials == ["r.example.test": login])
            #expect(assignment.request.common.secrets.contains(Secret("new")))
            #expect(grant.credential == login)
        }
    }

    @Test func `a login whose secret is missing ends the run, and says what to do`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit(try Self.request("someone", "https://v.test/secrets/password"))

            #expect(try await server.take() == nil)

            let ended = try await server.service.show(run.id.text, in: server.registry)
            #expect(ended.status == .failed)
            #expect(
                ended.errorMessage == """
                    The run can't log in to r.example.test: The run's registry has no secret \
                    https://v.test/secrets/password. Store it with 'slipway secret set https://v.test/secrets/password'.
                    """)
        }
    }

    @Test func `S20 the log tells which secret, who set it and which run had it, and no value`() async throws {
        try await TestServer.with { server async throws in
            let log = RecordedLog()
            let environment = SchedulerEnvironment(
                runs: server.store, pools: server.poolStore,
                secrets: SecretStore(database: server.database, box: server.box), logs: server.logs,
                uploads: server.uploads, outputs: server.uploads, settings: server.settings, logger: log.logger)
            let secrets = SecretService(environment)
            let broker = LocalBroker(environment)
            let location = try SecretLocation("https://v.test/secrets/password")

            _ = try await secrets.set(Secret("hidden-value"), at: location, in: server.registry, by: "me")
            _ = try await server.submit(try Self.request("hidden-user", location.description))
            try await broker.register(
                AgentDescription(id: TestServer.agent, pool: "default", host: "h", slots: 1, version: "1"))
            let lease = try #require(try await broker.nextRun(for: TestServer.agent, waiting: .zero)).lease
            _ = try await broker.secret(location, for: lease)
            try await secrets.delete(location, in: server.registry, by: "me")

            let set = #""secret written" principal=me registry=local01 secret=https://v.test/secrets/password"#
            let read = #""secret handed out" run=ca1 secret=https://v.test/secrets/password"#
            let removed = #""secret removed" principal=me registry=local01 secret=https://v.test/secrets/password"#
            #expect(log.lines.filter { $0.contains("secret=") } == [set, read, read, removed])
            #expect(!log.lines.contains { $0.contains("hidden") })
        }
    }

    @Test func `what can't be a value is refused`() async throws {
        try await TestServer.with { server async throws in
            let location = try SecretLocation("https://v.test/secrets/a")
            let longest = String(repeating: "x", count: SecretService.maxBytes)

            try await set(longest, location.description, server)
            await #expect(throws: SecretServiceError.tooLarge(bytes: 25_601, limit: 25_600)) {
                try await set(longest + "x", location.description, server)
            }
            await #expect(throws: SecretServiceError.empty(location)) {
                try await set("", location.description, server)
            }
            await #expect(throws: SecretServiceError.notFound(try SecretLocation("https://v.test/secrets/b"))) {
                try await server.secrets.delete(
                    try SecretLocation("https://v.test/secrets/b"), in: server.registry, by: "me")
            }
            #expect(try await server.secrets.list(in: server.registry).map(\.versions.count) == [1])
        }
    }
}

extension RunRequest {
    /// As it is stored: with the pool that it was given.
    fileprivate var pooled: RunRequest {
        guard case .build(var build) = self else { return self }
        build.agentPoolName = "default"
        return .build(build)
    }
}

/// What was logged, at all levels: `"MESSAGE" KEY=VALUE…`.
private final class RecordedLog: Sendable {
    private let recorded = Mutex<[String]>([])

    var lines: [String] { recorded.withLock(\.self) }
    var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    private struct Handler: LogHandler {
        let log: RecordedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(
            level: Logger.Level, message: Logger.Message, metadata: Logger.Metadata?, source: String, file: String,
            function: String, line: UInt
        ) {
            let pairs = (metadata ?? [:]).map { "\($0)=\($1)" }.sorted()
            log.recorded.withLock { $0.append((["\"\(message)\""] + pairs).joined(separator: " ")) }
        }
    }
}
