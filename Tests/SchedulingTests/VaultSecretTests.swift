import AgentProtocol
import Foundation
import Logging
import Storage
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
