import AgentProtocol
import Crypto
import Foundation
import Logging
import Storage
import TaskModel
import TestSupport
import Testing

@testable import Scheduling

/// Makes credentials that tell what they are for.
private struct NamedCredentials: RegistryCredentials {
    /// Of whoever queued the run, outside of the run's own registry.
    var permissions: Set<Permission> = []

    func may(_ permission: Permission, _ run: Run, _ registry: Registry) async throws -> Bool {
        run.registry == registry.name || permissions.contains(permission)
    }

    func pullCredential(for run: Run, at registry: Registry, lasting duration: Duration) async throws -> Credential? {
        Credential(username: "pull", password: Secret("\(run.id) \(registry.name)"))
    }

    func pushCredential(for run: Run, to repository: String, at registry: Registry) async throws -> Credential? {
        Credential(username: "push", password: Secret("\(run.id) \(registry.name) \(repository)"))
    }
}

struct RegistryCredentialsTests {
    private static let front = Registry(
        name: "front01", loginServer: "front.example.test", endpoint: "http://127.0.0.1:5000",
        credential: Credential(username: "behind", password: Secret("hidden")), gateway: true)
    private static let plain = Registry(
        name: "plain01", loginServer: "plain.example.test", endpoint: "https://plain.example.test",
        credential: Credential(username: "stored", password: Secret("stored-password")))

    /// A run of a registry that an agent has taken.
    private func withRun(
        of registry: Registry, _ credentials: NamedCredentials, loginMode: RegistryLoginMode = .default,
        _ body: (RunAssignment, LocalBroker) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder async throws in
            for name in ["logs", "uploads"] {
                try FileManager.default.createDirectory(atPath: folder + "/" + name, withIntermediateDirectories: true)
            }
            let database = try Database(path: folder + "/db.sqlite")
            let box = SecretBox(key: SymmetricKey(data: Data(repeating: 1, count: 32)))
            let environment = SchedulerEnvironment(
                runs: SQLiteRunStore(database: database, box: box),
                pools: AgentPoolStore(database: database), secrets: SecretStore(database: database, box: box),
                logs: LogStore(directory: folder + "/logs"),
                uploads: BlobStore(directory: folder + "/uploads", maxBytes: 1 << 20),
                outputs: BlobStore(directory: folder + "/uploads", maxBytes: 1 << 20),
                settings: SchedulingSettings(
                    registries: [Self.front, Self.plain],
                    pools: [AgentPool(name: "default", dockerEndpoint: "unix:///x", slots: 1)],
                    otherCredentials: ["other.example.test": Credential(username: "o", password: Secret("o"))]),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, registryCredentials: credentials)
            let broker = LocalBroker(environment)
            _ = try await RunService(environment).submit(
                TestServer.request { $0.loginMode = loginMode }, type: .quickBuild, to: registry, by: "tester")
            try await broker.register(
                AgentDescription(id: TestServer.agent, pool: "default", host: "h", slots: 1, version: "1"))
            try await body(try #require(try await broker.nextRun(for: TestServer.agent, waiting: .zero)), broker)
        }
    }

    @Test func `an agent is given a login of the run's own, and nothing of the registry behind`() async throws {
        try await withRun(of: Self.front, NamedCredentials()) { assignment, broker in
            let grant = try await broker.grantPush(
                assignment.lease, of: try ImageReference("front.example.test/team/app:v1"))

            #expect(assignment.pullCredentials["front.example.test"]?.password.value == "ca1 front01")
            #expect(assignment.registry.credential?.username == "pull")
            #expect(assignment.registry.endpoint == "https://front.example.test")
            #expect(grant.credential?.username == "push")
            #expect(grant.credential?.password.value == "ca1 front01 team/app")
        }
    }

    @Test(arguments: [[], [Permission.pullImages], [.pullImages, .pushImages]])
    func `at another registry a run has the stored login only for what its submitter may`(permissions: [Permission])
        async throws
    {
        try await withRun(of: Self.front, NamedCredentials(permissions: Set(permissions))) { assignment, broker in
            let grant = try await broker.grantPush(
                assignment.lease, of: try ImageReference("plain.example.test/team/app:v1"))

            #expect(
                assignment.pullCredentials["plain.example.test"]?.username
                    == (permissions.contains(.pullImages) ? "stored" : nil))
            #expect(grant.credential?.username == (permissions.contains(.pushImages) ? "stored" : nil))
        }
    }

    @Test func `the server's other logins are for reading`() async throws {
        try await withRun(of: Self.plain, NamedCredentials()) { assignment, broker in
            let grant = try await broker.grantPush(
                assignment.lease, of: try ImageReference("other.example.test/team/app:v1"))

            #expect(assignment.pullCredentials["other.example.test"]?.username == "o")
            #expect(grant.credential == nil)
        }
    }

    @Test func `a run without a login pushes without one`() async throws {
        try await withRun(of: Self.plain, NamedCredentials(), loginMode: .none) { assignment, broker in
            let grant = try await broker.grantPush(
                assignment.lease, of: try ImageReference("plain.example.test/team/app:v1"))

            #expect(grant.credential == nil)
        }
    }
}
