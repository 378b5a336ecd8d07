import AgentProtocol
import Contexts
import Distribution
import DockerEngine
import Foundation
import Logging
import Synchronization
import TaskFiles
import TaskModel

/// One run while it is carried out: what all of its parts need, whatever its kind.
final class RunSession: Sendable {
    let assignment: RunAssignment
    let lease: HeldLease
    /// Nil where the run is not to outlast the process.
    let journal: RunJournal?
    /// What an earlier process of the agent did of the run; nil for one that is new here.
    let left: JournalRecord?
    /// What the log has of containers that an earlier process began, by id.
    let adoptedMarks: [String: LogMark]
    /// On whose disks the run is, for people.
    let agent: String?
    /// Its calls wait while the server can't be reached.
    let broker: any RunBroker
    private let gate: PushGate
    let daemon: Daemon
    let registries: RegistryClient
    let fetcher: ContextFetcher
    let log: RunLogWriter
    let steps = StepLedger()
    /// Nil for a run of a server.
    let local: LocalRunParts?
    let logger: Logger
    private let pushed = Mutex<(images: [OutputImage], caches: [OutputImage])>(([], []))
    /// By build step.
    private let bases = Mutex<[(step: String, images: [BaseImageRecord])]>([])
    private let isAtOnce = Mutex(false)

    init(
        assignment: RunAssignment, lease: HeldLease, broker: any RunBroker, daemon: Daemon,
        registries: RegistryClient, fetcher: ContextFetcher, log: RunLogWriter, journal: RunJournal? = nil,
        left: JournalRecord? = nil, adoptedMarks: [String: LogMark] = [:],
        agent: String? = nil, local: LocalRunParts? = nil, logger: Logger
    ) {
        self.assignment = assignment
        self.lease = lease
        self.journal = journal
        self.left = left
        self.adoptedMarks = adoptedMarks
        self.agent = agent
        self.broker = PatientBroker(broker: broker)
        gate = PushGate(broker: broker, lease: lease, log: log)
        self.daemon = daemon
        self.registries = registries
        self.fetcher = fetcher
        self.log = log
        self.local = local
        self.logger = logger
    }

    /// What has been pushed so far; images that are there for the cache come last.
    var pushedImages: [OutputImage] {
        pushed.withLock { pushed in pushed.images + pushed.caches.filter { !pushed.images.contains($0) } }
    }

    func notePushed(_ image: OutputImage, isForCache: Bool = false) async throws {
        pushed.withLock { pushed in
            if isForCache { pushed.caches.append(image) } else { pushed.images.append(image) }
        }
        try await journal?.note(.pushed(OutcomeRequest.Image(image)))
    }

    /// Tells the server that the run begins: from here on nobody else is given it.
    ///
    /// - Throws: `CancellationError` if the run is to stop.
    func begin() async throws {
        do {
            try await broker.report(.began, for: assignment.lease)
        } catch BrokerError.leaseLost {
            lease.stop(because: .leaseLost)
            throw CancellationError()
        }
        lease.begin()
        try await journal?.note(.began)
    }

    /// Does `work` with permission to push an image; see ``PushGate/holding(_:waits:_:)``.
    func pushing<Result: Sendable>(
        _ image: ImageReference, waits: Bool = true,
        _ work: @escaping @Sendable (Credential?) async throws -> Result
    ) async throws -> Result {
        try await gate.holding(image, waits: waits) { [journal] credential in
            try await journal?.note(.pushGranted(image: image.description))
            return try await work(credential)
        }
    }

    /// The image stays pushed, and has no tag any more.
    func noteTagRemoved(from image: ImageReference) {
        pushed.withLock { pushed in
            for (index, other) in pushed.images.enumerated() where other.isNamed(image) {
                pushed.images[index] = OutputImage(
                    registry: other.registry, repository: other.repository, tag: nil, digest: other.digest)
            }
        }
    }

    /// What the builds that have come to their ends stand on.
    var baseImages: [BaseImageRecord] { bases.withLock { $0.flatMap(\.images) } }

    /// - Parameter step: one that is repeated notes those of its last build.
    func noteBases(_ images: [BaseImageRecord], of step: String) {
        bases.withLock { bases in
            bases.removeAll { $0.step == step }
            bases.append((step, images))
        }
    }

    /// Records what has become of vertexes, with secrets masked: a builder names steps as the Dockerfile has them.
    func note(_ vertices: [BuildVertex], of lane: BuildLedger.Lane) async {
        var vertices = vertices
        for index in vertices.indices {
            vertices[index].name = await log.masked(vertices[index].name)
            if let error = vertices[index].error { vertices[index].error = await log.masked(error) }
        }
        steps.note(vertices, of: lane)
    }

    /// Whether programs that are stopped get no time to end by themselves: when a step beside them failed, the run's
    /// time is over or the run is somebody else's. A run that is canceled gives them that time.
    var stopsAtOnce: Bool { isAtOnce.withLock(\.self) }

    func stopAtOnce() {
        isAtOnce.withLock { $0 = true }
    }

    /// What templates can ask about the run.
    func variables(revision: SourceRevision?, sharedVolume: String = "") -> RunVariables {
        if var variables = local?.variables {
            variables.sharedVolume = sharedVolume
            variables.commit = revision?.commit ?? variables.commit
            variables.branch = revision?.branch ?? variables.branch
            return variables
        }
        let platform = assignment.request.common.platform
        var variables = RunVariables(
            id: assignment.run.text, registry: assignment.registry.loginServer, date: assignment.startTime,
            os: platform.os, architecture: platform.architecture ?? "amd64", commit: revision?.commit ?? "",
            branch: revision?.branch ?? "", triggeredBy: assignment.trigger?.label ?? "",
            taskName: assignment.taskName ?? "", sharedVolume: sharedVolume)
        if case .source(let event)? = assignment.trigger {
            variables.commit = event.commit
            variables.branch = event.branch ?? ""
            variables.gitTag = event.tag ?? ""
            variables.repository = event.repositoryURL
        }
        return variables
    }

    // MARK: The end

    /// Makes an outcome of how `work` ends. Never throws: what went wrong is the outcome. When the task is canceled,
    /// `work` has cleaned up when this returns.
    ///
    /// - Parameter work: gives what the images that it built stand on.
    func outcome(of work: () async throws -> [ImageDependencies]) async -> RunOutcome {
        do {
            let dependencies = try await work()
            return RunOutcome(status: .succeeded, outputImages: pushedImages, dependencies: dependencies)
        } catch {
            if Task.isCancelled { return RunOutcome(status: .canceled, outputImages: pushedImages) }
            let outcome = await outcome(of: error)
            await log.line(outcome.message ?? "")
            return outcome
        }
    }

    private func outcome(of error: any Error) async -> RunOutcome {
        let failure = RunFailure(error, step: nil).explained(agent: agent)
        // A builder's message can hold the text of a RUN line.
        return RunOutcome(
            status: failure.status, message: await log.masked(failure.message), outputImages: pushedImages,
            failure: failure.details)
    }

    /// Writes down how the run ends once that is certain, for the case that the agent is killed before all is cleared
    /// away: how programs end that are stopped with it says nothing.
    func noteEnd(because error: any Error) async {
        do {
            try await journal?.note(.ended(OutcomeRequest(outcome(of: error), logLength: log.length)))
        } catch {
            logger.error("outcome not noted", metadata: ["error": "\(error)"])
        }
    }

    /// Records why a step failed.
    func noteFailure(_ failure: RunFailure, of step: String, status: StepResult.Status = .failed) async {
        steps.note(exitCode: failure.details.exitCode, of: step)
        steps.end(step, status, message: await log.masked(failure.message))
    }

    /// Tells of a step that it succeeded, at the end of a run that did.
    func tellSuccess(of step: String) async {
        guard let elapsed = steps.elapsed(of: step) else { return }
        let seconds = String(format: "%.6f", elapsed / .seconds(1))
        await log.line("Step ID: \(step) marked as successful (elapsed time in seconds: \(seconds))")
    }

    /// Where a secret is in Base64 already, what it stands for is as secret.
    func hideContent(of base64: String) async {
        guard await log.masked(base64) != base64, let bytes = Data(base64Encoded: base64) else { return }
        await hide([UInt8](bytes))
    }

    /// Keeps a secret file out of the log, if it is text.
    ///
    /// - Returns: whether that can be done.
    @discardableResult
    func hide(_ file: [UInt8]) async -> Bool {
        guard let text = String(validating: file, as: UTF8.self) else { return false }
        // With its last line end it would be found where that stands only.
        let secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
        await log.hide(Secret(secret))
        return secret.isEmpty || secret.utf8.count >= SecretMasker.shortestValue
    }

    /// Keeps what steps of a build may mount out of the log.
    func hide(secrets: [String: [UInt8]]) async {
        for (id, content) in secrets.sorted(by: { $0.key < $1.key }) where await !hide(content) {
            await log.line(
                "The secret \(id) is no text of \(SecretMasker.shortestValue) characters or more and can't be masked in this log."
            )
        }
    }

    // MARK: Image names

    var attempt: RunAttempt { RunAttempt(run: assignment.run, epoch: assignment.epoch) }

    /// Uses what the daemon has by this name until the end of the run. If the run's login may bring the name there, it
    /// is taken off after the last run that uses it.
    ///
    /// - Returns: nil if the daemon has no such image.
    func use(_ image: ImageReference) async throws -> ImageDetails? {
        let name = image.description
        daemon.runNames.use(name, by: attempt)
        let known = try await daemon.client.inspectImage(name)
        let hasLogin = assignment.pullCredentials[image.registry] != nil
        try daemon.runNames.pull(name, by: attempt, isNew: known == nil && hasLogin)
        return known
    }

    /// Holds the names on the daemon while `work` goes on, and takes them away afterwards, with all that it pulled.
    ///
    /// - Parameter passing: names that `work` holds and takes away itself: noted for the case that it never gets there.
    func holdingNames<Value>(
        _ names: Set<String>, passing: Set<String> = [], _ work: () async throws -> Value
    ) async throws -> Value {
        let obstacle = Mutex("")
        try await log.keepingAlive({ _ in "Still waiting: \(obstacle.withLock(\.self))." }) {
            try await daemon.names.acquire(names, for: assignment.run) { [log, broker, assignment] name, other in
                let reason = "run \(other) is writing \(name) on this daemon"
                obstacle.withLock { $0 = reason }
                await log.line("Waiting: \(reason).")
                // It only tells; the wait goes on without.
                try? await broker.report(.waiting(reason), for: assignment.lease)
            }
        }
        defer { daemon.names.release(names, for: assignment.run) }
        try daemon.runNames.note(passing, of: assignment.run)
        try daemon.runNames.build(names, by: attempt)
        let result: Swift.Result<Value, any Error>
        do { result = .success(try await work()) } catch { result = .failure(error) }
        // Its own task: cancellation must not keep the names on the daemon.
        await Task { [daemon, attempt, logger] in await daemon.removeNames(of: attempt, logger: logger) }.value
        return try result.get()
    }

    // MARK: Before the steps

    /// - Parameter what: what the secrets are, `secret argument`.
    func warnOfShortSecrets(_ what: String, _ secrets: [(name: String, value: Secret)]) async {
        for (name, value) in secrets where !value.value.isEmpty && value.value.utf8.count < SecretMasker.shortestValue {
            await log.line(
                "The \(what) \(name) is shorter than \(SecretMasker.shortestValue) characters and can't be masked in this log."
            )
        }
    }

    func warnOfLogTemplate() async {
        guard assignment.request.common.logTemplate != nil else { return }
        await log.line("The request's log template is not used: logs are not pushed as artifacts yet.")
    }

    /// The logins that the run itself has: its registry's, and those of its request.
    var ownCredentials: [String: Credential] {
        let request = assignment.request.common
        var credentials: [String: Credential] = [:]
        if request.loginMode == .default, let credential = assignment.registry.credential {
            credentials[assignment.registry.loginServer.lowercased()] = credential
        }
        return credentials.merging(request.customCredentials) { _, custom in custom }
    }

    /// Tries the run's own logins: a wrong password ends the run here, in clear words, not deep in a build.
    func logIn() async throws {
        for (server, credential) in ownCredentials.sorted(by: { $0.key < $1.key }) {
            await log.line("Logging in to registry: \(server)")
            do {
                try await RetryPolicy(limit: .seconds(300), connectionAttempts: 4).run {
                    try await registries.ping(server, credential: credential)
                }
                await log.line("Successfully logged into \(server)")
            } catch let error as DistributionError {
                if case .unauthorized = error { throw RunFailure.failed("failed to log in to \(server): \(error)") }
                if case .denied = error { throw RunFailure.failed("failed to log in to \(server): \(error)") }
                await log.line("The login could not be tried from here: \(error) Going on.")
            }
        }
    }
}
