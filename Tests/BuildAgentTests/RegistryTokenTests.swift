import Contexts
import CurlHTTP
import Distribution
import DockerEngine
import Foundation
import TaskModel
import TestSupport
import Testing

@testable import BuildAgent

/// Base images of registries that want tokens: a real registry, a real daemon.
@Suite(.needsDaemon, .needsRegistry, .timeLimit(.minutes(10)))
struct RegistryTokenTests {
    private let secret = [UInt8](repeating: 3, count: 32)

    @Test func `the agent fetches the tokens, and the daemon uses them again for the same login alone`() async throws {
        try await TokenRegistry.with { registry in
            let client = try DockerClient(endpoint: TestHost.endpoint)
            try await registry.push("team/base", on: client)
            let base = "\(registry.host)/team/base:1"

            try await build(on: base, as: TokenRegistry.credential("one"))
            let first = registry.questions
            #expect(!first.isEmpty)
            try await build(on: base, as: TokenRegistry.credential("one"))
            #expect(registry.questions.count == first.count)
            // All of it is in the daemon's cache by now.
            let refusal = await #expect(throws: DockerError.self) { try await build(on: base, as: nil) }
            guard case .build(.base(_, .denied)) = refusal else {
                Issue.record("\(String(describing: refusal))")
                return
            }
            let before = registry.questions.count
            try await build(on: base, as: TokenRegistry.credential("two"))
            #expect(registry.questions.count > before)

            let logins = registry.questions.filter { $0.login != nil }
            #expect(logins.allSatisfy { $0.client == "slipway-test" }, "\(logins)")
        }
    }

    @Test func `a wrong password ends the build with the login service's answer`() async throws {
        try await TokenRegistry.with { registry in
            try await registry.push("team/base", on: try DockerClient(endpoint: TestHost.endpoint))
            let wrong = Credential(username: "one", password: Secret("not the password"))

            let error = await #expect(throws: DistributionError.self) {
                try await build(on: "\(registry.host)/team/base:1", as: wrong)
            }

            #expect(
                error
                    == .unauthorized(
                        registry: registry.host, username: "one", reason: "incorrect username or password"))
            #expect(registry.questions.filter { $0.login != nil }.count == 1)
        }
    }

    @Test func `without a login the daemon asks for itself`() async throws {
        try await TokenRegistry.with { registry in
            try await registry.push("public/base", on: try DockerClient(endpoint: TestHost.endpoint))

            try await build(on: "\(registry.host)/public/base:1", as: nil)

            #expect(registry.questions.allSatisfy { $0.login == nil && $0.client != "slipway-test" })
        }
    }

    @Test func `a registry that wants the password itself is given it`() async throws {
        try await TestRegistry.with(password: true) { registry in
            let client = try DockerClient(endpoint: TestHost.endpoint)
            let base = try ImageReference("\(registry.host)/team/base:1")
            let input = BuildInput(
                walk: InMemoryWalk([InMemoryEntry(file: "base", bytes: [1])]),
                dockerfile: Array("FROM scratch\nCOPY base /base\n".utf8), isDockerfileIncluded: false)
            _ = try await client.build(input, options: BuildOptions(tags: [base.description])) { _ in }
            _ = try await client.push(base, credential: registry.credential) { _ in }
            try await client.removeImage(base.description)

            try await build(on: base.description, as: registry.credential)
            for credential in [nil, Credential(username: "slipway", password: Secret("wrong"))] {
                let refusal = await #expect(throws: DockerError.self) {
                    try await build(on: base.description, as: credential)
                }
                guard case .build(.base(_, .denied)) = refusal else {
                    Issue.record("\(String(describing: refusal))")
                    return
                }
            }
        }
    }

    @Test func `S5 a login service of another host gets nothing from anybody`() async throws {
        try await LoopbackServer.with({ _, connection in connection.hangUp() }) { thief in
            let challenge = "Bearer realm=\"http://localhost:\(thief.port)/token\",service=\"x\""
            try await LoopbackServer.with({ _, connection in
                let headers = [("WWW-Authenticate", challenge), ("Content-Length", "0"), ("Connection", "close")]
                try connection.write(connection.head(401, headers: headers))
                connection.hangUp()
            }) { registry in
                let host = "127.0.0.1:\(registry.port)"

                let error = await #expect(throws: DistributionError.self) {
                    try await build(on: "\(host)/team/base:1", as: TokenRegistry.credential("one"))
                }

                guard case .realmRefused(host, _, _)? = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                #expect(thief.connections == 0)
                let failure = RunFailure(try #require(error), step: "build")
                #expect(failure.status == .error)
                #expect(failure.message.hasSuffix("[AuthRealmRefused]"))
                #expect(failure.message.contains("tokenRealms"))
            }
        }
    }

    @Test func `a run's build fetches its tokens through the agent`() async throws {
        try await TokenRegistry.with { registry in
            try await registry.push("team/base", on: try DockerClient(endpoint: TestHost.endpoint))
            var test = TestRun()
            test.files = ["Dockerfile": "FROM \(registry.host)/team/base:1\nLABEL x=\(UUID().uuidString)\n"]
            test.build = BuildRequest(sourceLocation: "upload")
            test.credentials = [registry.host: TokenRegistry.credential("one")]

            let ending = try await test.carryOut()

            #expect(ending.outcome.status == .succeeded, Comment(rawValue: ending.log))
            let daemons = registry.questions.filter { $0.client.lowercased().contains("docker") }
            #expect(daemons.allSatisfy { $0.login == nil }, "\(daemons)")
        }
    }

    private func build(on base: String, as credential: Credential?) async throws {
        var configuration = HTTPClient.Configuration()
        configuration.userAgent = "slipway-test"
        let client = try DockerClient(endpoint: TestHost.endpoint)
        let registry = try ImageReference(base).registry
        var input = BuildInput(
            walk: InMemoryWalk([]), dockerfile: Array("FROM \(base)\nLABEL x=\(UUID().uuidString)\n".utf8),
            isDockerfileIncluded: false, allCredentials: credential.map { [registry: $0] } ?? [:])
        input.tokens = RegistryTokens(RegistryClient(http: HTTPClient(configuration)), secret: secret)
        var options = BuildOptions(pull: true)
        options.tags = ["slipway-test-\(UUID().uuidString.lowercased().prefix(13)):1"]
        _ = try await client.build(input, options: options) { _ in }
        for tag in options.tags { try await client.removeImage(tag) }
    }
}
