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

/// Runs of an agent that was killed, whose containers live.
@Suite(.needsDaemon, .timeLimit(.minutes(10)))
struct AdoptionTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private struct Ending {
        var outcome: RunOutcome?
        var log = ""
        var leftovers: [String] = []
        var files: [String] = []
    }

    /// What becomes of a run of two steps, of which a killed agent had begun the first.
    ///
    /// - Parameters:
    ///   - first: the line of its shell.
    ///   - log: what was taken of its output.
    ///   - then: further steps, or what else is in the task.
    ///   - exitCode: of the container, if its journal has it.
    ///   - ended: steps that succeeded.
    ///   - keepsPlace: false removes the container and the workspace, as a run does at its end.
    ///   - change: to the container, before the next process comes.
    ///   - prepare: the next process.
    private func adopt(
        _ first: String, log: String, then steps: String = "",
        exitCode: Int? = nil, ended: [String] = [], keepsPlace: Bool = true,
        change: @escaping @Sendable (DockerClient, String) async throws -> Void = { _, _ in },
        prepare: @escaping @Sendable (Daemon, ScriptedBroker) async throws -> Void = { _, _ in }
    ) async throws -> Ending {
        try await TestHost.withShell { shell in
            try await withTemporaryFolder { folder in
                let client = try DockerClient(endpoint: TestHost.endpoint)
                let owner = try Daemon(client: client, directory: folder + "/names").owner
                let test = TestRun()
                let assignment = test.assignment(
                    """
                    steps:
                      - id: first
                        cmd: \(shell) sh -c '\(first)'
                      - id: second
                        cmd: \(shell) sh -c 'cat ran; echo last'
                    \(steps)
                    """)
                let labels = RunAttempt(run: test.run, epoch: 1).labels(of: owner)
                let workspace = "\(test.run)-1-workspace-\(owner)"
                try await client.createVolume(workspace, labels: labels)
                try await client.createVolume("\(test.run)-1-home-\(owner)", labels: labels)
                var settings = ContainerSettings(image: shell)
                settings.command = ["sh", "-c", first]
                settings.labels = labels
                settings.mounts = [VolumeMount(volume: workspace, path: "/workspace")]
                settings.workingDirectory = "/workspace"
                settings.network = "none"
                let name = "\(test.run)-1-first-1-\(owner)"
                let container = try await client.createContainer(name, settings)
                let files = try RunFiles(folder + "/runs").make(for: test.run, epoch: 1)
                var step = StepResult(id: "first", kind: .command, dependencies: [], status: .running, launches: 1)
                step.startTime = Date()
                for entry: JournalEntry in [
                    .assigned(.init(assignment, isRepeatable: false)), .began, .step(step),
                    .intent(step: "first", attempt: 1, container: name),
                    .started(step: "first", attempt: 1, id: container, time: BootTime.now),
                ] { try await files.journal.note(entry) }
                if let exitCode { try await files.journal.note(.exited(container: container, code: exitCode)) }
                for id in ended {
                    let step = StepResult(id: id, kind: .command, dependencies: [], status: .successful)
                    try await files.journal.note(.step(step))
                }
                try files.spool.append(
                    Array(log.replacing("\n", with: "\r\n").utf8),
                    mark: LogMark(container: container, standard: Int64(log.utf8.count)))
                try await client.startContainer(container)
                try await change(client, container)
                if !keepsPlace {
                    try await client.removeContainer(container)
                    try await client.removeVolume(workspace)
                }

                let broker = ScriptedBroker()
                let outcome = Mutex<RunOutcome?>(nil)
                broker.change {
                    $0.resume = { assignment }
                    $0.finish = { ended, _ in outcome.withLock { $0 = ended } }
                }
                let daemon = try Daemon(client: client, directory: folder + "/names")
                try await prepare(daemon, broker)
                let executor = RunExecutor(
                    daemon: daemon, registries: RegistryClient(http: HTTPClient()),
                    fetcher: ContextFetcher(access: GitAccess(client: HTTPClient()), directory: folder + "/fetched"),
                    logLimit: 1 << 20, directory: folder + "/runs")
                let left = await executor.removeLeftovers(logger: logger)
                for run in left { await executor.settle(run, agent: "a1", broker: broker, logger: logger) }

                let label = "\(RunLabels.owner)=\(owner)"
                return Ending(
                    outcome: outcome.withLock { $0 }, log: broker.text,
                    leftovers: try await client.containers(labels: [label]).map(\.id)
                        + client.volumes(labels: [label]).map(\.name),
                    files: try FileManager.default.contentsOfDirectory(atPath: folder + "/runs"))
            }
        }
    }

    @Test func `F4 a container of a killed agent is gone on with: no step runs twice, no byte of the log is lost`()
        async throws
    {
        let ending = try await adopt("echo ran >> ran; echo one; echo two; sleep 1; echo three", log: "one\n")

        #expect(ending.outcome?.status == .succeeded, Comment(rawValue: ending.log))
        let lines = ending.log.split(separator: "\r\n").map(String.init)
        #expect(
            lines.filter { ["one", "two", "three", "ran", "last"].contains($0) } == [
                "one", "two", "three", "ran", "last",
            ])
        #expect(lines.contains { $0.hasSuffix("The agent was restarted; the run goes on.") })
        #expect(ending.leftovers.isEmpty)
        #expect(ending.files.isEmpty)
    }

    @Test func `F4 a container that ended while no agent was there counts as it ended`() async throws {
        let ending = try await adopt("echo one; exit 3", log: "") { client, container in
            _ = try await client.waitForContainer(container)
        }

        #expect(ending.outcome?.status == .failed)
        #expect(ending.outcome?.failure?.exitCode == 3)
        #expect(ending.log.contains("one\r\n"))
        #expect(!ending.log.contains("last"))
        #expect(ending.leftovers.isEmpty)
    }

    @Test func `F4 a container that was killed while no agent was there ends the run as Error`() async throws {
        let ending = try await adopt("echo one; sleep 600", log: "") { client, container in
            try await client.killContainer(container)
            _ = try await client.waitForContainer(container)
        }

        #expect(ending.outcome?.status == .error)
        #expect(ending.outcome?.message?.contains("killed while no agent was there") == true)
        #expect(ending.leftovers.isEmpty)
    }

    @Test func `D3 F4 a container that is gone ends the run as Error, and is not begun again`() async throws {
        let ending = try await adopt("echo ran >> ran; sleep 600", log: "") { client, container in
            try await client.removeContainer(container)
        }

        #expect(ending.outcome?.status == .error)
        #expect(ending.outcome?.message?.contains("container lost") == true)
        #expect(ending.leftovers.isEmpty)
    }

    @Test func `F4 a run whose steps had all succeeded when its agent was killed succeeds, whatever is gone`()
        async throws
    {
        let ending = try await adopt(
            "echo one", log: "one\n", then: "networks: [{name: mine}]",
            exitCode: 0, ended: ["first", "second"], keepsPlace: false)

        #expect(ending.outcome?.status == .succeeded, Comment(rawValue: ending.log))
        #expect(!ending.log.contains("last"))
        #expect(ending.leftovers.isEmpty)
    }

    @Test func `F4 no step goes on in a workspace that is gone`() async throws {
        let ending = try await adopt(
            "echo ran >> ran", log: "", exitCode: 0, keepsPlace: false)

        #expect(ending.outcome?.status == .error, Comment(rawValue: ending.log))
        #expect(ending.outcome?.message?.hasSuffix("of the run is gone") == true)
        #expect(ending.leftovers.isEmpty)
    }

    /// What the journal of a run says after each of its lines, if the process ends then.
    ///
    /// - Parameters:
    ///   - steps: given the name of an image with a shell.
    ///   - isCanceled: once the log has this text; nil for never.
    private func states(of steps: @escaping @Sendable (String) -> String, canceledAt text: String? = nil)
        async throws -> [JournalRecord]
    {
        try await TestHost.withShell { shell in
            try await withTemporaryFolder { folder in
                let (test, broker) = (TestRun(), ScriptedBroker())
                let isCanceled = Mutex(false)
                let journal = Mutex(Data())
                let path = "\(folder)/runs/\(test.run)-1.journal"
                broker.change {
                    $0.append = { log in
                        if let text, log.contains(text) { isCanceled.withLock { $0 = true } }
                    }
                    $0.renew = { _ in isCanceled.withLock(\.self) ? .canceled : .held }
                    $0.finish = { _, _ in
                        let data = try Data(contentsOf: URL(fileURLWithPath: path))
                        journal.withLock { $0 = data }
                    }
                }
                let executor = RunExecutor(
                    daemon: try Daemon(
                        client: try DockerClient(endpoint: TestHost.endpoint), directory: folder + "/names"),
                    registries: RegistryClient(http: HTTPClient()),
                    fetcher: ContextFetcher(access: GitAccess(client: HTTPClient()), directory: folder + "/fetched"),
                    logLimit: 1 << 20, directory: folder + "/runs")
                await executor.carryOut(test.assignment(steps(shell)), broker: broker, logger: logger)
                let lines = journal.withLock(\.self).split(separator: 0x0a)
                return lines.indices.compactMap { JournalRecord(Data(lines[...$0].joined(separator: [0x0a]))) }
            }
        }
    }

    @Test func `T8 F4 a run that is being stopped is not gone on with, whatever its programs end with`() async throws {
        let states = try await states(
            of: { shell in
                """
                steps:
                  - cmd: \(shell) sh -c 'trap "exit 0" TERM; echo begun $((1+1)); while true; do sleep 0.1; done'
                    timeout: 120
                """
            }, canceledAt: "begun 2")

        let ended = try #require(states.firstIndex { $0.containers.first?.exitCode == 0 })
        let (before, after) = (states[..<ended].map(\.isAdoptable), states[ended...].map(\.isAdoptable))
        #expect(before.contains(true))
        #expect(!after.contains(true))
    }

    @Test func `F4 a run that has failed is not gone on with, and fails as it did`() async throws {
        let states = try await states { shell in
            """
            steps:
              - id: first
                cmd: \(shell) sh -c 'touch ready; while true; do sleep 0.1; done'
                when: ["-"]
                timeout: 120
              - id: second
                cmd: \(shell) sh -c 'until [ -e ready ]; do sleep 0.1; done; exit 3'
                when: ["-"]
                timeout: 120
            """
        }

        let stopped = try #require(states.firstIndex { $0.container(of: "first")?.exitCode != nil })
        #expect(states[stopped].container(of: "first")?.exitCode == 137)
        for state in states[stopped...] {
            let outcome = try #require(try state.ending?.outcome())
            #expect(!state.isAdoptable)
            #expect(outcome.status == .failed)
            #expect(outcome.failure?.step == "second" && outcome.failure?.exitCode == 3)
        }
    }

    @Test func `T8 a run that is canceled before its containers are found again leaves nothing`() async throws {
        let name = "canceled-\(UUID().uuidString.lowercased()):1"
        let ending = try await adopt(
            "sleep 600", log: "", then: "  - build: -t \(name) .",
            prepare: { daemon, broker in
                let completed = try ImageReference(name).completed.description
                try await daemon.names.acquire([completed], for: TestRun().run) { _, _ in }
                let isWaiting = Mutex(false)
                broker.change {
                    $0.report = { event in
                        if case .waiting = event { isWaiting.withLock { $0 = true } }
                    }
                    $0.renew = { _ in isWaiting.withLock(\.self) ? .canceled : .held }
                }
            })

        #expect(ending.outcome?.status == .canceled, Comment(rawValue: ending.log))
        #expect(ending.leftovers.isEmpty)
        #expect(ending.files.isEmpty)
    }
}
