import Contexts
import TaskModel
import TestSupport
import Testing

@testable import DockerEngine

@Suite(.needsDaemon, .needsRegistry, .timeLimit(.minutes(10)))
struct BaseImageTests {
    /// Pushes a small image to a registry and forgets it here.
    ///
    /// - Returns: the digest that the registry has.
    private func publish(_ reference: String, credential: Credential?) async throws -> String {
        let client = try TestDaemon.client()
        let input = TestDaemon.input(
            "FROM scratch\nCOPY file /file\n", [InMemoryEntry(file: "file", bytes: Array(reference.utf8))])
        _ = try await client.build(input, options: BuildOptions(tags: [reference])) { _ in }
        let digest = try await client.push(ImageReference(reference), credential: credential) { _ in }
        try await client.removeImage(reference)
        return digest
    }

    private func failure(of dockerfile: String, builder: BuilderChoice = .buildKit) async throws -> BuildFailure? {
        do {
            _ = try await TestDaemon.client()
                .build(TestDaemon.input(dockerfile), options: BuildOptions(pull: true, builder: builder)) { _ in }
            return nil
        } catch DockerError.build(let failure) {
            return failure
        }
    }

    @Test(arguments: [BuilderChoice.buildKit, .classic])
    func `a private base is pulled with the run's credential, and its digest is in the result`(builder: BuilderChoice)
        async throws
    {
        try await TestRegistry.with(password: true) { registry in
            let base = "\(registry.host)/team/base:1"
            let digest = try await publish(base, credential: TestRegistry.login)
            var input = TestDaemon.input("FROM \(base)\nCOPY more /more\n", [InMemoryEntry(file: "more", bytes: [1])])
            input = BuildInput(
                walk: input.walk, dockerfile: input.dockerfile, isDockerfileIncluded: false,
                allCredentials: [registry.host: TestRegistry.login])
            let transcript = Transcript()

            let result = try await TestDaemon.client().build(
                input, options: BuildOptions(pull: true, builder: builder), output: transcript.add)

            #expect(result.baseImages == [BaseImage(reference: base, digest: digest)])
            #expect(!transcript.text.contains(TestRegistry.login.password.value))
            try await TestDaemon.client().removeImage(base)
        }
    }

    @Test(arguments: [BuilderChoice.buildKit, .classic])
    func `a base that needs a login is reported as refused without one`(builder: BuilderChoice) async throws {
        try await TestRegistry.with(password: true) { registry in
            let failure = try await failure(of: "FROM \(registry.host)/team/base:1\n", builder: builder)

            guard case .base("\(registry.host)/team/base:1", .denied) = failure else {
                Issue.record("\(String(describing: failure))")
                return
            }
        }
    }

    @Test(arguments: [BuilderChoice.buildKit, .classic])
    func `a base that its registry does not have is reported as not found`(builder: BuilderChoice) async throws {
        try await TestRegistry.with { registry in
            let failure = try await failure(of: "FROM \(registry.host)/nobody:7\n", builder: builder)

            guard case .base("\(registry.host)/nobody:7", .notFound) = failure else {
                Issue.record("\(String(describing: failure))")
                return
            }
        }
    }

    @Test(arguments: [BuilderChoice.buildKit, .classic])
    func `a base whose registry takes no connections is reported as unreachable`(builder: BuilderChoice) async throws {
        // Port 1 is no one's.
        let failure = try await failure(of: "FROM 127.0.0.1:1/base:1\n", builder: builder)

        guard case .base("127.0.0.1:1/base:1", .unreachable) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
    }

    @Test func `the digest of a base without a tag stands beside its full reference`() async throws {
        try await TestRegistry.with { registry in
            let base = "\(registry.host)/plain"
            let digest = try await publish("\(base):latest", credential: nil)
            let input = TestDaemon.input("FROM \(base) AS one\nFROM \(base)\nCOPY --from=one /file /again\n")

            let result = try await TestDaemon.client().build(input, options: BuildOptions(pull: true)) { _ in }

            #expect(result.baseImages == [BaseImage(reference: "\(base):latest", digest: digest)])
        }
    }
}
