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

/// The real daemon that the tests share, with an image that has a shell.
enum TestHost {
    static let endpoint = ProcessInfo.processInfo.environment["DOCKER_HOST"] ?? "unix:///var/run/docker.sock"

    /// Whether it takes connections. Tests that need it are skipped otherwise.
    static let isRunning = FileManager.default.fileExists(atPath: String(endpoint.dropFirst("unix://".count)))

    /// Runs `use` with the name of an image with busybox. Its registry takes no connections, so it is the daemon's own.
    static func withShell<Result>(on endpoint: String = endpoint, _ use: (String) async throws -> Result) async throws
        -> Result
    {
        let client = try DockerClient(endpoint: endpoint)
        let name = "127.0.0.1:1/slipway-test-\(UUID().uuidString.lowercased().prefix(13)):1"
        let path = EntryPath("busybox")
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "/bin/busybox")))
        let entry = ContextEntry(
            path: path, kind: .file(size: Int64(bytes.count)), mode: 0o755, modified: 1_700_000_000)
        let dockerfile = """
            FROM scratch
            COPY busybox /bin/busybox
            RUN ["/bin/busybox", "--install", "-s", "/bin"]
            RUN ["/bin/busybox", "mkdir", "-p", "/tmp", "/root"]
            ENV PATH=/bin
            CMD ["sh"]
            LABEL name=\(name)
            """
        var options = BuildOptions(tags: [name])
        options.network = "none"
        // The label gives each test an image of its own: the daemon stumbles when two names of one go at once.
        _ = try await client.build(
            BuildInput(
                walk: InMemoryWalk([InMemoryEntry(entry, bytes: bytes)]), dockerfile: Array(dockerfile.utf8),
                isDockerfileIncluded: false),
            options: options
        ) { _ in }
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await use(name)) } catch { result = .failure(error) }
        try await client.removeImage(name)
        return try result.get()
    }
}

extension Trait where Self == ConditionTrait {
    static var needsDaemon: Self {
        .enabled(if: TestHost.isRunning, "no docker daemon answers at \(TestHost.endpoint)")
    }
    static var needsRegistry: Self { .enabled(if: TestRegistry.isInstalled, "docker-registry is not installed") }
}

/// One run of a task file from a test: carried out by a real executor on a real daemon.
struct TestRun {
    var endpoint = TestHost.endpoint
    var registry = "127.0.0.1:1"
    var run = RunID("cf\(UInt32.random(in: 0 ... .max))") ?? RunID(sequence: 1)
    var files: [String: String] = [:]
    var values: [TaskValue] = []
    var timeout = Duration.seconds(480)
    /// Paths in ``files``, in the place of a task in the request.
    var taskFile: String?
    var valuesFile: String?
    var credentials: [String: Credential] = [:]
    var startTime = Date(timeIntervalSince1970: 1_709_622_489)
    var policy = PoolPolicy()
    /// Whether it carries out what came from a fork.
    var isRestricted = false
    /// In the place of a task.
    var build: BuildRequest?

    struct Ending {
        let outcome: RunOutcome
        let log: String
        let leftovers: [String]

        /// Lines of steps and ours, without times.
        var lines: [String] { log.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init) }
    }

    /// - Parameter during: called once the log has come to `marker`; may cancel the run.
    func carryOut(
        _ task: String = "", marker: String? = nil,
        during: @escaping @Sendable (TestBroker) async throws -> Void = { _ in }
    ) async throws -> Ending {
        try await withTemporaryFolder { folder in
            let broker = TestBroker(upload: folder + "/context.tar")
            if !files.isEmpty { try await pack(to: folder + "/context.tar") }
            let client = try DockerClient(endpoint: endpoint)
            let daemon = try Daemon(client: client, directory: folder + "/names")
            let executor = RunExecutor(
                daemon: daemon, registries: RegistryClient(http: HTTPClient()),
                fetcher: ContextFetcher(access: GitAccess(client: HTTPClient()), directory: folder + "/fetched"),
                logLimit: 64 << 20)
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let assignment = assignment(task)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await executor.carryOut(assignment, broker: broker, logger: logger) }
                if let marker {
                    group.addTask {
                        await broker.wait(for: marker)
                        try await during(broker)
                    }
                }
                try await group.waitForAll()
            }
            await daemon.removeOwed(logger: logger)
            let label = "slipway.owner=\(daemon.owner)"
            let leftovers =
                try await client.containers(labels: [label]).map(\.id)
                + client.volumes(labels: [label]).map(\.name) + client.networks(labels: [label]).map(\.name)
            return Ending(
                // Of a lost run nobody is told.
                outcome: broker.outcome ?? RunOutcome(status: .started), log: broker.text, leftovers: leftovers)
        }
    }

    /// A run that has not begun, for what looks at one part of it.
    ///
    /// - Parameter daemon: nil for one of its own.
    func withSession<Result>(
        on daemon: Daemon? = nil, _ use: (RunSession) async throws -> Result
    ) async throws -> Result {
        try await withTemporaryFolder { folder in
            let broker = TestBroker(upload: folder + "/context.tar")
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let assignment = assignment("")
            let log = RunLogWriter(
                broker: broker, lease: assignment.lease, secrets: [], limit: 1 << 20, logger: logger)
            return try await use(
                RunSession(
                    assignment: assignment,
                    lease: HeldLease(assignment.lease, terms: assignment.terms, broker: broker, logger: logger),
                    broker: broker,
                    daemon: try daemon
                        ?? Daemon(client: try DockerClient(endpoint: TestHost.endpoint), directory: folder + "/names"),
                    registries: RegistryClient(http: HTTPClient()),
                    fetcher: ContextFetcher(access: GitAccess(client: HTTPClient()), directory: folder + "/fetched"),
                    log: log, logger: logger))
        }
    }

    func assignment(_ task: String) -> RunAssignment {
        let taskRequest = TaskFileRequest(
            taskFile: taskFile.map { .path($0) } ?? .content(Secret(task)), valuesFile: valuesFile.map { .path($0) },
            values: values, sourceLocation: files.isEmpty ? nil : "upload",
            customCredentials: credentials)
        return RunAssignment(
            lease: .random(), terms: LeaseTerms(), run: run, epoch: 1, pool: "default",
            registry: Registry(name: "myregistry", loginServer: registry, endpoint: "http://" + registry),
            request: build.map { .build($0) } ?? .taskFile(taskRequest), source: files.isEmpty ? .none : .upload,
            startTime: startTime,
            taskName: nil, pullCredentials: credentials, gitCredentials: [:], timeout: timeout, policy: policy,
            isRestricted: isRestricted)
    }

    private func pack(to path: String) async throws {
        let pipe = BytePipe()
        var entries: [InMemoryEntry] = []
        var folders: Set<String> = []
        for (name, text) in files.sorted(by: { $0.key < $1.key }) {
            let parts = name.split(separator: "/").dropLast()
            for count in parts.indices.map({ $0 + 1 }) {
                let folder = parts.prefix(count).joined(separator: "/")
                guard folders.insert(folder).inserted else { continue }
                entries.append(
                    InMemoryEntry(ContextEntry(path: EntryPath(folder), kind: .directory, mode: 0o755, modified: 0)))
            }
            entries.append(InMemoryEntry(file: name, bytes: Array(text.utf8)))
        }
        async let packed: Void = ContextPacker.packInBackground(InMemoryWalk(entries), into: pipe)
        var bytes: [UInt8] = []
        while let more = try await pipe.read() { bytes += more }
        try await packed
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }
}

/// The server's side of one run.
final class TestBroker: RunBroker {
    private struct State {
        var log: [UInt8] = []
        var outcome: RunOutcome?
        var isCanceled = false
        var isLost = false
        var isAway = false
        var refusals = 0
        var events: [RunEvent] = []
    }

    private let upload: String
    private let state = Mutex(State())
    private let (news, newsSource) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    private let (cancels, cancelSource) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    init(upload: String) {
        self.upload = upload
    }

    var text: String { state.withLock { String(decoding: $0.log, as: UTF8.self) } }
    var outcome: RunOutcome? { state.withLock(\.outcome) }
    var events: [RunEvent] { state.withLock(\.events) }

    func cancel() {
        state.withLock { $0.isCanceled = true }
        cancelSource.yield()
    }

    /// The run is somebody else's from here on.
    func lose() {
        state.withLock { $0.isLost = true }
        cancelSource.yield()
    }

    /// Whether the server can't be reached.
    func setAway(_ isAway: Bool) {
        state.withLock { $0.isAway = isAway }
        newsSource.yield()
    }

    /// Returns when so many calls have been refused, or the run has ended.
    func waitForRefusals(_ count: Int) async { await wait { $0.refusals >= count } }

    private func checkReach() throws {
        defer { newsSource.yield() }
        try state.withLock { state in
            if state.isLost { throw BrokerError.leaseLost }
            guard state.isAway else { return }
            state.refusals += 1
            throw BrokerError.unreachable("it is away")
        }
    }

    /// Returns when the log has this text, or the run has ended.
    func wait(for marker: String) async {
        await wait { String(decoding: $0.log, as: UTF8.self).contains(marker) }
    }

    private func wait(until isSo: (State) -> Bool) async {
        while !Task.isCancelled, state.withLock({ $0.outcome == nil && !isSo($0) }) {
            for await _ in news { break }
        }
    }

    func register(_ agent: AgentDescription) async throws {}
    func heartbeat(_ report: AgentReport, of agent: AgentID) async throws -> AgentOrders { AgentOrders() }
    func nextRun(for agent: AgentID, waiting: Duration) async throws -> RunAssignment? { nil }
    func uploadedContext(_ lease: LeaseID, in directory: String) async throws -> String { upload }
    func report(_ event: RunEvent, for lease: LeaseID) async throws {
        try checkReach()
        state.withLock { $0.events.append(event) }
    }

    func appendLog(_ bytes: [UInt8], at offset: Int64, for lease: LeaseID) async throws {
        try checkReach()
        state.withLock { state in
            #expect(Int64(state.log.count) == offset)
            state.log += bytes
        }
        newsSource.yield()
    }

    func secret(_ location: SecretLocation, for lease: LeaseID) async throws -> Secret {
        throw BrokerError.secretMissing(location)
    }

    func keepOutput(_ form: ImageArchive, _ content: BytePipe, for lease: LeaseID) async throws {}
    func grantPush(_ lease: LeaseID, of image: ImageReference) async throws -> PushGrant { PushGrant(credential: nil) }

    func renew(_ lease: LeaseID, waiting: Duration) async throws -> LeaseState {
        try checkReach()
        for await _ in cancels { break }
        return state.withLock { $0.isLost ? .lost : $0.isCanceled ? .canceled : .held }
    }

    func finish(_ lease: LeaseID, with outcome: RunOutcome, logLength: Int64) async throws {
        try checkReach()
        state.withLock { state in
            #expect(Int64(state.log.count) == logLength)
            state.outcome = outcome
        }
        newsSource.yield()
    }
}
