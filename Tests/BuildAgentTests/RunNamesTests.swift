import AgentProtocol
import Contexts
import DockerEngine
import Foundation
import Logging
import TaskModel
import TestSupport
import Testing

@testable import BuildAgent

/// What runs have on a daemon by pulling with logins: a real registry with a password, a real daemon.
@Suite(.needsDaemon, .needsRegistry, .timeLimit(.minutes(10)))
struct RunNamesTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// An image that only runs with a login can pull, and the shared daemon as the agent of a test sees it.
    private struct Place {
        let client: DockerClient
        let daemon: Daemon
        /// Of the names of unfinished runs.
        let directory: String
        let image: String
        let credentials: [String: Credential]

        /// A run.
        func with<Result>(
            _ run: TestRun = TestRun(), login: Bool = true, on daemon: Daemon? = nil,
            _ use: (RunSession) async throws -> Result
        ) async throws -> Result {
            var run = run
            if login { run.credentials = credentials }
            return try await run.withSession(on: daemon ?? self.daemon, use)
        }

        var isThere: Bool { get async throws { try await client.inspectImage(image) != nil } }
        var notedRuns: [RunID] { NameLedger(directory: directory).runs }
    }

    private func withPlace(_ use: (Place) async throws -> Void) async throws {
        try await TestRegistry.with(password: true) { registry in
            try await withTemporaryFolder { folder in
                let client = try DockerClient(endpoint: TestHost.endpoint)
                let image = try ImageReference("\(registry.host)/team/tool:1")
                let input = BuildInput(
                    walk: InMemoryWalk([InMemoryEntry(file: "tool", bytes: Array(UUID().uuidString.utf8))]),
                    dockerfile: Array("FROM scratch\nCOPY tool /tool\nCMD [\"/tool\"]\n".utf8),
                    isDockerfileIncluded: false)
                _ = try await client.build(input, options: BuildOptions(tags: [image.description])) { _ in }
                _ = try await client.push(image, credential: registry.credential) { _ in }
                try await client.removeImage(image.description)
                let place = Place(
                    client: client, daemon: try Daemon(client: client, directory: folder), directory: folder,
                    image: image.description,
                    credentials: [registry.host: try #require(registry.credential)])
                let result: Result<Void, any Error>
                do { result = .success(try await use(place)) } catch { result = .failure(error) }
                try await client.removeImage(image.description)
                try result.get()
            }
        }
    }

    @Test func `an image that was pulled with logins stays until the last run that uses it has ended`() async throws {
        try await withPlace { place in
            try await place.with { first in
                try await place.with { second in
                    let images = RunImages(session: second)
                    #expect(try await RunImages(session: first).prepare(place.image, isForced: false) == place.image)
                    #expect(try await images.present(place.image) == nil)
                    #expect(try await images.prepare(place.image, isForced: false) == place.image)

                    await place.daemon.removeNames(of: first.attempt, logger: logger)

                    #expect(try await place.isThere == true)
                    #expect(place.notedRuns == [second.assignment.run])
                    #expect(try await images.present(place.image) == place.image)
                    try await place.with(login: false) { stranger in
                        let found = try await RunImages(session: stranger).present(place.image)
                        #expect(found == nil)
                        await place.daemon.removeNames(of: second.attempt, logger: logger)
                        #expect(try await place.isThere == false)
                        #expect(place.daemon.mayTake(place.image, for: stranger.attempt))
                    }
                    #expect(place.notedRuns.isEmpty)
                }
            }
        }
    }

    @Test func `the end of a build leaves a base alone that a step of another run has pulled meanwhile`() async throws {
        try await withPlace { place in
            try await place.with { build in
                try await place.with { other in
                    #expect(try await build.use(try ImageReference(place.image)) == nil)
                    _ = try await RunImages(session: other).prepare(place.image, isForced: false)

                    await place.daemon.removeNames(of: build.attempt, logger: logger)

                    #expect(try await place.isThere == true)
                    await place.daemon.removeNames(of: other.attempt, logger: logger)
                    #expect(try await place.isThere == false)
                }
            }
        }
    }

    @Test func `a daemon's own image stays, whoever used it with a login`() async throws {
        try await withPlace { place in
            let image = try ImageReference(place.image)
            try await place.client.pull(image, credential: place.credentials[image.registry]) { _ in }
            try await place.with { run in
                _ = try await RunImages(session: run).prepare(place.image, isForced: false)
                try await place.with(login: false) { stranger in
                    let found = try await RunImages(session: stranger).present(place.image)
                    #expect(found == place.image)
                }
                await place.daemon.removeNames(of: run.attempt, logger: logger)
            }
            #expect(try await place.isThere == true)
        }
    }

    @Test func `a name that can't be taken off is not for others to find, and is tried again`() async throws {
        try await withPlace { place in
            try await place.with { run in
                _ = try await RunImages(session: run).prepare(place.image, isForced: false)
                let container = try await place.client.createContainer(
                    "slipway-test-\(run.assignment.run)", ContainerSettings(image: place.image))

                await place.daemon.removeNames(of: run.attempt, logger: logger)

                try await place.with(login: false) { stranger in
                    #expect(try await place.isThere == true)
                    let found = try await RunImages(session: stranger).present(place.image)
                    #expect(found == nil)
                    #expect(place.notedRuns == [run.assignment.run])
                    try await place.client.removeContainer(container)
                    await place.daemon.removeOwed(logger: logger)
                    #expect(try await place.isThere == false)
                    #expect(place.daemon.mayTake(place.image, for: stranger.attempt))
                    #expect(place.notedRuns.isEmpty)
                }
            }
        }
    }

    @Test func `F4 what a killed agent pulled for a run goes with that, and is for no other`() async throws {
        try await withPlace { place in
            let run = TestRun()
            let attempt = try await place.with(run) { session in
                _ = try await RunImages(session: session).prepare(place.image, isForced: false)
                return session.attempt
            }
            let next = try Daemon(client: place.client, directory: place.directory)

            await next.removeLeftovers(sparing: [attempt], logger: logger)

            try await place.with(run, on: next) { session in
                #expect(try await RunImages(session: session).present(place.image) == place.image)
                try await place.with(login: false, on: next) { stranger in
                    let found = try await RunImages(session: stranger).present(place.image)
                    #expect(found == nil)
                }
                try await session.holdingNames(["slipway-test-\(run.run):1"]) {
                    #expect(NameLedger(directory: place.directory).names(of: run.run).contains(place.image))
                }
            }
            #expect(try await place.isThere == false)
            #expect(place.notedRuns.isEmpty)
        }
    }

    @Test func `F4 what a killed agent pulled for a run that does not go on is removed`() async throws {
        try await withPlace { place in
            try await place.with { run in
                _ = try await RunImages(session: run).prepare(place.image, isForced: false)
            }

            await (try Daemon(client: place.client, directory: place.directory)).removeLeftovers(logger: logger)

            #expect(try await place.isThere == false)
            #expect(place.notedRuns.isEmpty)
        }
    }

    @Test func `an image that somebody took off the daemon is pulled anew`() async throws {
        try await withPlace { place in
            try await place.with { run in
                let images = RunImages(session: run)
                let image = try await images.prepare(place.image, isForced: false)
                try await place.client.removeImage(place.image)

                let container = try await images.using(image, of: place.image) { image in
                    try await place.client.createContainer(
                        "slipway-test-\(run.assignment.run)", ContainerSettings(image: image))
                }

                try await place.client.removeContainer(container)
                await place.daemon.removeNames(of: run.attempt, logger: logger)
                #expect(try await place.isThere == false)
            }
        }
    }

    @Test func `a name that another run is writing is left to that one`() async throws {
        try await withPlace { place in
            try await place.with { run in
                _ = try await RunImages(session: run).prepare(place.image, isForced: false)
                try await place.with { writer in
                    try await writer.holdingNames([place.image]) {
                        await place.daemon.removeNames(of: run.attempt, logger: logger)
                        let isThere = try await place.isThere
                        #expect(isThere)
                        #expect(!place.daemon.mayTake(place.image, for: writer.attempt))
                    }
                }
                #expect(try await place.isThere == false)
                #expect(place.notedRuns.isEmpty)
            }
        }
    }
}
