import Contexts
import TaskModel
import TestSupport
import Testing

@testable import DockerEngine

@Suite(.needsDaemon, .needsRegistry, .timeLimit(.minutes(10)))
struct TransferTests {
    private func withImage<Result>(_ reference: String, _ use: (DockerClient, ImageReference) async throws -> Result)
        async throws -> Result
    {
        let client = try TestDaemon.client()
        let input = TestDaemon.input(
            "FROM scratch\nCOPY file /file\n", [InMemoryEntry(file: "file", bytes: Array(reference.utf8))])
        _ = try await client.build(input, options: BuildOptions(tags: [reference])) { _ in }
        let result = try await use(client, ImageReference(reference))
        try await client.removeImage(reference)
        return result
    }

    @Test func `a pushed image can be pulled by the digest that the push returned`() async throws {
        try await TestRegistry.with(password: true) { registry in
            try await withImage("\(registry.host)/team/app:1") { client, image in
                let transcript = Transcript()
                let digest = try await client.push(image, credential: TestRegistry.login, output: transcript.add)
                let id = try await client.inspectImage(image.description)?.id
                try await client.removeImage(image.description)
                let pinned = ImageReference(registry: image.registry, repository: image.repository, digest: digest)

                try await client.pull(pinned, credential: TestRegistry.login, output: transcript.add)

                let pulled = try #require(try await client.inspectImage(pinned.description))
                #expect(pulled.id == id)
                #expect(pulled.repositoryDigests == ["\(image.registry)/\(image.repository)@\(digest)"])
                #expect(transcript.text.contains(/[0-9a-f]{12}: Pushed\n/))
                #expect(transcript.text.contains("1: digest: \(digest) size: "))
                #expect(!transcript.text.contains(TestRegistry.login.password.value))
                try await client.removeImage(pinned.description)
            }
        }
    }

    @Test func `a push with the wrong password is refused`() async throws {
        try await TestRegistry.with(password: true) { registry in
            try await withImage("\(registry.host)/team/app:2") { client, image in
                let wrong = Credential(username: TestRegistry.login.username, password: Secret("guess"))

                let error = await #expect(throws: DockerError.self) {
                    try await client.push(image, credential: wrong) { _ in }
                }

                guard case .push(image.description, .denied) = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
            }
        }
    }

    @Test func `a push to a port on which nobody listens says that the registry is unreachable`() async throws {
        try await withImage("127.0.0.1:1/team/app:3") { client, image in
            let error = await #expect(throws: DockerError.self) {
                try await client.push(image, credential: nil) { _ in }
            }

            guard case .push(image.description, .unreachable) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func `a push of an image that the daemon does not have is refused by the daemon`() async throws {
        let image = try ImageReference("127.0.0.1:1/none/such:1")

        let error = await #expect(throws: DockerError.self) {
            try await TestDaemon.client().push(image, credential: nil) { _ in }
        }

        #expect("\(String(describing: error))".contains("does not exist locally"))
    }

    @Test func `a pull of what a registry does not have is reported as not found`() async throws {
        try await TestRegistry.with { registry in
            let image = try ImageReference("\(registry.host)/nobody:7")

            let error = await #expect(throws: DockerError.self) {
                try await TestDaemon.client().pull(image, credential: nil) { _ in }
            }

            guard case .pull(image.description, .notFound) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }
}
