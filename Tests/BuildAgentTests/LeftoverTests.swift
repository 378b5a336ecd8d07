import AgentProtocol
import Contexts
import CurlHTTP
import Distribution
import DockerEngine
import Foundation
import Logging
import Synchronization
import TaskModel
import TestSupport
import Testing

@testable import BuildAgent

/// What could not be removed from a daemon, and who looks after it.
struct LeftoverTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let left = RunAttempt(run: RunID(sequence: 1), epoch: 1)

    /// Whether a daemon can list its containers.
    private final class Listing: Sendable {
        private let isOn = Mutex(false)

        var works: Bool { isOn.withLock(\.self) }
        func begin() { isOn.withLock { $0 = true } }
    }

    /// Runs `use` with a daemon on which each of these has a container, which is called after its epoch.
    ///
    /// - Parameter see: sees each request.
    private func withDaemon(
        of attempts: [RunAttempt], see: @escaping @Sendable (EngineStub.Request) -> Void = { _ in },
        _ use: (Daemon, Listing, EngineStub, _ folder: String) async throws -> Void
    ) async throws {
        let listing = Listing()
        let containers = attempts.map { attempt in
            #"{"Id":"c\#(attempt.epoch)","State":"running","Labels":"#
                + #"{"\#(RunLabels.run)":"\#(attempt.run)","\#(RunLabels.epoch)":"\#(attempt.epoch)"}}"#
        }
        try await EngineStub.with { request in
            see(request)
            switch (request.method, String(request.path.prefix { $0 != "?" })) {
            case ("GET", "/containers/json"):
                return listing.works
                    ? [EngineStub.response(200, "[\(containers.joined(separator: ","))]")]
                    : [EngineStub.response(500, #"{"message":"busy"}"#)]
            case ("GET", "/volumes"): return [EngineStub.response(200, #"{"Volumes":[]}"#)]
            case ("GET", "/networks"): return [EngineStub.response(200, "[]")]
            case ("GET", let path) where path.hasPrefix("/containers/"):
                return [EngineStub.response(404, #"{"message":"none"}"#)]
            case ("DELETE", _): return [EngineStub.response(204, "")]
            default: return []
            }
        } _: { stub in
            try await withTemporaryFolder { folder in
                let client = try DockerClient(endpoint: stub.endpoint)
                try await use(try Daemon(client: client, directory: folder + "/names"), listing, stub, folder)
            }
        }
    }

    private func executor(_ daemon: Daemon, _ folder: String) -> RunExecutor {
        RunExecutor(
            daemon: daemon, registries: RegistryClient(http: HTTPClient()),
            fetcher: ContextFetcher(access: GitAccess(client: HTTPClient()), directory: folder + "/fetched"),
            logLimit: 1 << 20, directory: folder + "/runs")
    }

    @Test func `F4 what a daemon could not list when the agent began is removed later, and no run that goes on`()
        async throws
    {
        let adopted = RunAttempt(run: RunID(sequence: 2), epoch: 2)
        let own = RunAttempt(run: left.run, epoch: 3)
        try await withDaemon(of: [left, adopted, own]) { daemon, listing, stub, _ in
            #expect(await !daemon.removeLeftovers(sparing: [adopted], logger: logger))
            #expect(daemon.owes)
            daemon.begin(own)
            await daemon.removeOwed(logger: logger)
            #expect(daemon.owes)

            listing.begin()
            await daemon.removeOwed(logger: logger)

            let removed = stub.requests.filter { $0.method == "DELETE" }.map { $0.path.prefix { $0 != "?" } }
            #expect(removed == ["/containers/c1"])
            #expect(!daemon.owes)
        }
    }

    @Test func `F7 an agent below its disk limit removes what fills the disk`() async throws {
        let (events, source) = AsyncStream<EngineStub.Request>.makeStream()
        try await withDaemon(of: [left]) {
            source.yield($0)
        } _: { daemon, listing, _, folder in
            await daemon.removeAll(of: left, reachesOthers: false, logger: logger)
            #expect(daemon.owes)
            listing.begin()
            let service = AgentService(
                description: AgentDescription(id: AgentID("a"), pool: "default", host: "h", slots: 1, version: "1"),
                broker: ScriptedBroker(), executor: executor(daemon, folder),
                health: AgentHealth(client: daemon.client, directory: folder, minFreeDisk: .max), logger: logger)

            let watching = Task { await service.watchHealth() }
            var looks = 0
            for await request in events {
                if request.path.hasPrefix("/info") { looks += 1 }
                // What the first look did not bring about does not come.
                if request.method == "DELETE" || looks == 2 { break }
            }
            watching.cancel()
            await watching.value

            #expect(looks == 1)
            #expect(service.health?.obstacle?.contains("free on the disk") == true)
        }
    }

    @Test func `T6 what an agent that is stopped leaves to the next one is for its watchdog`() async throws {
        try await withTemporaryFolder { folder in
            let test = TestRun()
            let files = RunFiles(folder + "/runs")
            let pair = try files.make(for: test.run, epoch: 1)
            for entry: JournalEntry in [
                .assigned(.init(test.assignment("steps: [{cmd: none}]"), isRepeatable: false)), .began,
                .intent(step: "one", attempt: 1, container: "c1"),
            ] { try await pair.journal.note(entry) }
            let daemon = try Daemon(
                client: try DockerClient(endpoint: "unix://\(folder)/none.sock"), directory: folder + "/names")
            let left = try #require(files.takeLeft(logger: logger).first)
            let executor = executor(daemon, folder)

            await Task {
                withUnsafeCurrentTask { $0?.cancel() }
                await executor.settle(left, agent: "a1", broker: ScriptedBroker(), logger: logger)
            }.value

            #expect(daemon.owes)
            #expect(FileManager.default.fileExists(atPath: "\(folder)/runs/\(test.run)-1.journal"))
        }
    }
}
