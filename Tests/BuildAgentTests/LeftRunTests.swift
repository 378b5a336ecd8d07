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

struct LeftRunTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let run = RunID("cf1") ?? RunID(sequence: 1)

    /// What was told to a server of a run that an earlier process left in a folder.
    private func settle(
        _ entries: [JournalEntry], log: String = "", broker: ScriptedBroker = ScriptedBroker(), stored: Int = 0
    ) async throws -> (outcome: RunOutcome?, files: [String]) {
        try await withTemporaryFolder { folder in
            let files = RunFiles(folder)
            let pair = try files.make(for: run, epoch: 2)
            for entry in [.assigned(assigned)] + entries { try await pair.journal.note(entry) }
            try pair.spool.append(Array(log.utf8), mark: nil)
            try await broker.appendLog(Array(log.utf8.prefix(stored)), at: 0, for: LeaseID("x"))
            let told = Mutex<RunOutcome?>(nil)
            let finish = broker.finishAnswer
            broker.change {
                $0.finish = { outcome, length in
                    try await finish(outcome, length)
                    told.withLock { $0 = outcome }
                }
            }

            for left in files.takeLeft(logger: logger) { await left.settle(broker: broker, logger: logger) }

            return (told.withLock { $0 }, try FileManager.default.contentsOfDirectory(atPath: folder))
        }
    }

    private var assigned: JournalEntry.Assignment { assigned(isRepeatable: false) }

    private func assigned(isRepeatable: Bool) -> JournalEntry.Assignment {
        JournalEntry.Assignment(
            RunAssignment(
                lease: LeaseID("lease"), terms: LeaseTerms(), run: run, epoch: 2, pool: "default",
                registry: Registry(name: "r", loginServer: "r.example", endpoint: "https://r.example"),
                request: .build(BuildRequest()), source: .none, startTime: Date(timeIntervalSince1970: 0),
                taskName: nil, pullCredentials: [:], gitCredentials: [:], timeout: .seconds(60)),
            isRepeatable: isRepeatable)
    }

    @Test func `F4 a run whose build died with its agent ends as Error, with all of its log`() async throws {
        let broker = ScriptedBroker()
        let image = OutputImage(registry: "r.example", repository: "app", tag: "1", digest: "sha256:0")

        let (outcome, files) = try await settle(
            [
                .began, .pushGranted(image: "r.example/app:1"), .pushed(.init(image)),
                .pushGranted(image: "r.example/app:2"),
            ],
            log: "one\r\ntwo", broker: broker, stored: 4)

        #expect(outcome?.status == .error)
        #expect(outcome?.message?.hasPrefix("agent restarted during build") == true)
        #expect(outcome?.message?.contains("It may have pushed r.example/app:2") == true)
        #expect(outcome?.outputImages == [image])
        #expect(broker.text.hasPrefix("one\r\ntwo\r\n"))
        #expect(broker.text.contains("agent restarted during build"))
        #expect(files.isEmpty)
    }

    @Test func `M5 an outcome that was not told before the agent was killed is told by the next process`() async throws
    {
        let ended = RunOutcome(status: .failed, message: "exit status 3", failure: .init(step: "test", exitCode: 3))
        let broker = ScriptedBroker()

        let (outcome, files) = try await settle(
            [.began, .ended(OutcomeRequest(ended, logLength: 3))], log: "one", broker: broker)

        #expect(outcome == ended)
        #expect(broker.text == "one")
        #expect(files.isEmpty)
    }

    @Test func `D4 a run that had not begun is left to the server`() async throws {
        let (outcome, files) = try await settle([], log: "fetching\r\n")

        #expect(outcome == nil)
        #expect(files.isEmpty)
    }

    @Test func `F5 of a run that somebody else has nothing is told`() async throws {
        let broker = ScriptedBroker()
        broker.change {
            $0.renew = { _ in .lost }
            $0.finish = { _, _ in throw BrokerError.leaseLost }
        }

        let (outcome, files) = try await settle([.began], log: "one", broker: broker)

        #expect(outcome == nil)
        #expect(files.isEmpty)
    }

    @Test func `M5 in the place of an outcome that the server refuses a short one is told`() async throws {
        let ended = RunOutcome(status: .failed, message: "exit status 3", failure: .init(step: "test", exitCode: 3))
        let broker = ScriptedBroker()
        broker.change {
            $0.finish = { outcome, _ in if outcome == ended { throw BrokerError.refused("too many steps") } }
        }

        let (outcome, files) = try await settle([.began, .ended(OutcomeRequest(ended, logLength: 0))], broker: broker)

        #expect(outcome?.status == .error)
        #expect(outcome?.message?.contains("too many steps") == true)
        #expect(files.isEmpty)
    }

    @Test func `T6 the lease of a left run is as old as its last renewal`() async throws {
        try await withTemporaryFolder { folder in
            let files = RunFiles(folder)
            let pair = try files.make(for: run, epoch: 2)
            for entry: JournalEntry in [.assigned(assigned(isRepeatable: true)), .began] {
                try await pair.journal.note(entry)
            }
            pair.renewals.note(BootTime.now - 76_000)
            let broker = ScriptedBroker()
            broker.setAway(true)

            // Of a server that is away this would go on for as long as the lease does.
            for left in files.takeLeft(logger: logger) { await left.settle(broker: broker, logger: logger) }

            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }

    @Test func `a lease that no process had for long is asked for once`() async {
        let broker = ScriptedBroker()
        let (asked, source) = AsyncStream<Duration>.makeStream()
        broker.change {
            $0.renew = { waiting in
                source.yield(waiting)
                return .held
            }
        }
        let lease = HeldLease(
            LeaseID("x"), terms: LeaseTerms(), age: .seconds(3600), broker: broker, logger: logger,
            clock: ManualClock())

        let keeping = Task { await lease.keep() }
        var waits = asked.makeAsyncIterator()

        #expect(await waits.next() == .zero)
        #expect(await waits.next() == LeaseTerms().renewEvery)
        #expect(lease.stop == nil)
        keeping.cancel()
        await keeping.value
    }

    @Test func `a journal that can't be read now stays, and the log with it`() async throws {
        try await withTemporaryFolder { folder in
            try FileManager.default.createDirectory(
                atPath: "\(folder)/cf1-2.journal", withIntermediateDirectories: true)
            try Data("one".utf8).write(to: URL(fileURLWithPath: "\(folder)/cf1-2.log"))

            #expect(RunFiles(folder).takeLeft(logger: logger).isEmpty)

            #expect(FileManager.default.fileExists(atPath: "\(folder)/cf1-2.log"))
        }
    }

    @Test func `F4 an agent that was restarted looks after its runs before the server knows it again`() async throws {
        try await withTemporaryFolder { folder in
            let pair = try RunFiles(folder + "/runs").make(for: run, epoch: 2)
            let ended = RunOutcome(status: .failed, message: "exit status 3")
            for entry: JournalEntry in [
                .assigned(assigned), .began, .ended(OutcomeRequest(ended, logLength: 0)),
            ] { try await pair.journal.note(entry) }
            let (told, source) = AsyncStream<RunOutcome>.makeStream()
            let broker = ScriptedBroker()
            broker.change {
                $0.register = { throw BrokerError.unreachable("it is away") }
                $0.finish = { outcome, _ in source.yield(outcome) }
            }
            let executor = RunExecutor(
                daemon: try Daemon(
                    client: try DockerClient(endpoint: "unix://\(folder)/none.sock"), directory: folder + "/names"),
                registries: RegistryClient(http: HTTPClient()),
                fetcher: ContextFetcher(access: GitAccess(client: HTTPClient()), directory: folder + "/fetched"),
                logLimit: 1 << 20, directory: folder + "/runs")
            let service = AgentService(
                description: AgentDescription(id: AgentID("a"), pool: "default", host: "h", slots: 1, version: "1"),
                broker: broker, executor: executor, logger: logger)

            let running = Task { try await service.run() }
            var outcomes = told.makeAsyncIterator()

            #expect(await outcomes.next() == ended)
            running.cancel()
            // It may end with what kept it from registering.
            _ = await running.result
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func `M5 how a run ended is noted before a server that does not answer is waited for`() async throws {
        try await withTemporaryFolder { folder in
            let (gate, opening) = AsyncStream<Void>.makeStream()
            let broker = ScriptedBroker()
            broker.change { $0.report = { _ in for await _ in gate {} } }
            let executor = RunExecutor(
                daemon: try Daemon(
                    client: try DockerClient(endpoint: "unix://\(folder)/none.sock"), directory: folder + "/names"),
                registries: RegistryClient(http: HTTPClient()),
                fetcher: ContextFetcher(access: GitAccess(client: HTTPClient()), directory: folder + "/fetched"),
                logLimit: 1 << 20, directory: folder + "/runs")
            let test = TestRun()
            let assignment = test.assignment("steps: [{cmd: none}]")

            let running = Task { await executor.carryOut(assignment, broker: broker, logger: logger) }
            let journal = URL(fileURLWithPath: "\(folder)/runs/\(test.run)-1.journal")
            func isEnded() -> Bool { (try? Data(contentsOf: journal)).flatMap { JournalRecord($0) }?.ending != nil }
            while !isEnded() { await Task.yield() }

            opening.finish()
            await running.value
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/runs").isEmpty)
        }
    }

    @Test func `a line that was being written when the process ended does not count`() throws {
        let encoder = JSONEncoder()
        let whole = try encoder.encode(JournalEntry.assigned(assigned)) + Data("\n".utf8)
        let began = try encoder.encode(JournalEntry.began)

        #expect(JournalRecord(whole + began)?.hasBegun == true)
        #expect(JournalRecord(whole + began.dropLast(3))?.hasBegun == false)
        #expect(JournalRecord(Data(began)) == nil)
        #expect(JournalRecord(Data()) == nil)
    }

    @Test(.needsDaemon)
    func `F4 containers of a killed agent are gone before the next process tells how their runs ended`()
        async throws
    {
        try await TestHost.withShell { shell in
            try await withTemporaryFolder { folder in
                let client = try DockerClient(endpoint: TestHost.endpoint)
                let owner = try Daemon(client: client, directory: folder + "/names").owner
                var settings = ContainerSettings(image: shell)
                settings.command = ["sleep", "600"]
                settings.network = "none"
                settings.labels = RunAttempt(run: run, epoch: 2).labels(of: owner)
                let name = "\(run)-2-step-1-\(owner)"
                let pair = try RunFiles(folder + "/runs").make(for: run, epoch: 2)
                for entry: JournalEntry in [
                    .assigned(assigned), .began, .intent(step: "step", attempt: 1, container: name),
                ] { try await pair.journal.note(entry) }
                try await client.startContainer(try await client.createContainer(name, settings))
                let broker = ScriptedBroker()
                let told = Mutex<(RunOutcome, containers: Int)?>(nil)
                broker.change {
                    $0.finish = { outcome, _ in
                        let left = try await client.containers(labels: ["\(RunLabels.owner)=\(owner)"])
                        told.withLock { $0 = (outcome, left.count) }
                    }
                }

                let executor = RunExecutor(
                    daemon: try Daemon(client: client, directory: folder + "/names"),
                    registries: RegistryClient(http: HTTPClient()),
                    fetcher: ContextFetcher(access: GitAccess(client: HTTPClient()), directory: folder + "/fetched"),
                    logLimit: 1 << 20, directory: folder + "/runs")
                let left = await executor.removeLeftovers(logger: logger)
                for run in left { await executor.settle(run, agent: "a1", broker: broker, logger: logger) }

                let (outcome, containers) = try #require(told.withLock { $0 })
                #expect(outcome.status == .error)
                #expect(outcome.message?.hasPrefix("agent restarted during the run") == true)
                #expect(containers == 0)
            }
        }
    }
}
