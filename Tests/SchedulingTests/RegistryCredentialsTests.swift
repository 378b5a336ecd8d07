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
    func pullCredential(for run: Run, at registry: Registry, lasting duration: Duration) async throws -> Credential? {
        Credential(username: "pull", password: Secret("\(run.id) \(registry.name)"))
    }

    func pushCredential(for run: Run, to repository: String, at registry: Registry) async throws -> Credential? {
        Credential(username: "push", password: Secret("\(run.id) \(registry.name) \(repository)"))
    }
}

struct RegistryCredentialsTests {
    @Test func `an agent is given a login of the run's own, and nothing of the registry behind`() async throws {
        try await withTemporaryFolder { folder async throws in
            for name in ["logs", "uploads"] {
                try FileManager.default.createDirectory(atPath: folder + "/" + name, withIntermediateDirectories: true)
            }
            let registry = Registry(
                name: "front01", loginServer: "front.example.test", endpoint: "http://127.0.0.1:5000",
                credential: Credential(username: "behind", password: Secret("hidden")), gateway: true)
            let database = try Database(path: folder + "/db.sqlite")
            let environment = SchedulerEnvironment(
                runs: SQLiteRunStore(
                    database: database, box: SecretBox(key: SymmetricKey(data: Data(repeating: 1, count: 32)))),
                pools: AgentPoolStore(database: database),
                logs: LogStore(directory: folder + "/logs"),
                uploads: BlobStore(directory: folder + "/uploads", maxBytes: 1 << 20),
                settings: SchedulingSettings(
                    registries: [registry],
                    pools: [AgentPool(name: "default", dockerEndpoint: "unix:///x", slots: 1)]),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                registryCredentials: NamedCredentials())
            let broker = LocalBroker(environment)
            _ = try await RunService(environment).submit(
                TestServer.request(source: "https://git.example.test/app.git"), type: .quickBuild, to: registry,
                by: "tester")
            try await broker.register(
                AgentDescription(id: TestServer.agent, pool: "default", host: "h", slots: 1, version: "1"))

            let assignment = try #require(try await broker.nextRun(for: TestServer.agent, waiting: .zero))
            let grant = try await broker.grantPush(
                assignment.lease, of: try ImageReference("front.example.test/team/app:v1"))

            #expect(assignment.pullCredentials["front.example.test"]?.password.value == "ca1 front01")
            #expect(assignment.registry.credential?.username == "pull")
            #expect(assignment.registry.endpoint == "https://front.example.test")
            #expect(grant.credential?.username == "push")
            #expect(grant.credential?.password.value == "ca1 front01 team/app")
        }
    }
}
