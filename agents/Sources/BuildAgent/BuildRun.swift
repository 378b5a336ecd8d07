import AgentProtocol
import Contexts
import Distribution
import DockerEngine
import Foundation
import Logging
import Synchronization
import TaskFiles
import TaskModel

/// One run that is a single build: fetch the context, build, push.
final class BuildRun: Sendable {
    let assignment: RunAssignment
    let request: BuildRequest
    let broker: any RunBroker
    let daemon: Daemon
    let registries: RegistryClient
    let fetcher: ContextFetcher
    let log: RunLogWriter
    let logger: Logger
    private let pushed = Mutex<[OutputImage]>([])

    /// Seconds that the steps of a single build may take; the run's own limit is usually smaller.
    static let buildTimeout = 28_800
    static let pushTimeout = 3_600

    init(
        assignment: RunAssignment, request: BuildRequest, broker: any RunBroker, daemon: Daemon,
        registries: RegistryClient,
        fetcher: ContextFetcher,
        log: RunLogWriter, logger: Logger
    ) {
        self.assignment = assignment
        self.request = request
        self.broker = broker
        self.daemon = daemon
        self.registries = registries
        self.fetcher = fetcher
        self.log = log
        self.logger = logger
    }

    /// What has been pushed so far.
    var pushedImages: [OutputImage] { pushed.withLock { $0 } }

    func notePushed(_ image: OutputImage) {
        pushed.withLock { $0.append(image) }
    }

    // MARK: The run

    /// Never throws: what went wrong is the outcome. When the task is canceled, what is under way is broken off and cleaned up first.
    func carryOut() async -> RunOutcome {
        do {
            try await carryOutSteps()
            return RunOutcome(status: .succeeded, outputImages: pushedImages)
        } catch {
            if Task.isCancelled { return RunOutcome(status: .canceled, outputImages: pushedImages) }
            let failure = RunFailure(error, step: nil)
            // A builder's message can hold the text of a RUN line.
            let message = SecretMasker.mask(failure.message, secrets: assignment.secrets)
            await log.line(message)
            return RunOutcome(status: failure.status, message: message, outputImages: pushedImages)
        }
    }

    private func carryOutSteps() async throws {
        await warnOfShortSecrets()
        let context = try await fetcher.fetch(for: self)
        if let revision = context.revision { try await broker.report(.resolved(revision), for: assignment.lease) }
        for notice in context.notices { await log.line(notice) }
        if request.logTemplate != nil {
            await log.line("The request's log template is not used: logs are not pushed as artifacts yet.")
        }
        let images = try imageReferences(revision: context.revision)
        try await logIn()
        // A build without a name gets one for as long as the run lasts: what is taken off at its end is then surely its own.
        let tags = images.isEmpty ? ["slipway-run:\(assignment.run)"] : images.map(\.description)
        try await holdingNames(Set(tags)) {
            try await broker.report(.began, for: assignment.lease)
            let build = try await step("build", timeout: Self.buildTimeout) {
                try await ImageBuild(run: self, context: context, tags: tags).build()
            }
            var push: StepTime?
            if request.isPushEnabled, !images.isEmpty {
                push = try await step("push", timeout: Self.pushTimeout) {
                    for image in images { try await ImagePush(run: self, imageID: build.result.imageID).push(image) }
                }.time
            }
            await summarize(build.result, time: build.time, push: push, images: images, context: context)
        }
    }

    // MARK: Steps

    struct StepTime {
        let seconds: Double
    }

    private func step<Result>(
        _ id: String, timeout: Int, _ work: () async throws -> Result
    ) async throws -> (result: Result, time: StepTime) {
        await log.line("Executing step ID: \(id). Timeout(sec): \(timeout), Working directory: '', Network: ''")
        let start = ContinuousClock.now
        do {
            let result = try await work()
            return (result, StepTime(seconds: (ContinuousClock.now - start) / .seconds(1)))
        } catch {
            throw Task.isCancelled ? CancellationError() : RunFailure(error, step: id)
        }
    }

    private func summarize(
        _ build: ImageBuild.Result, time: StepTime, push: StepTime?, images: [ImageReference], context: PreparedContext
    ) async {
        func mark(_ id: String, _ time: StepTime) async {
            let seconds = String(format: "%.6f", time.seconds)
            await log.line("Step ID: \(id) marked as successful (elapsed time in seconds: \(seconds))")
        }
        await mark("build", time)
        await log.line("Populating digests for step ID: build...")
        let record = DependencyRecord(build: build, images: images, pushed: pushedImages, revision: context.revision)
        await log.line("Successfully populated digests for step ID: build")
        if let push { await mark("push", push) }
        await log.line("The following dependencies were found:")
        await log.write(Array(record.text.utf8))
    }

    // MARK: Names

    /// The request's image names with templates filled in and the run's registry in front.
    private func imageReferences(revision: SourceRevision?) throws -> [ImageReference] {
        let variables = RunVariables(
            id: assignment.run.text, registry: assignment.registry.loginServer, date: assignment.startTime,
            os: request.platform.os,
            architecture: request.platform.architecture ?? "amd64", commit: revision?.commit ?? "",
            branch: revision?.branch ?? "",
            taskName: assignment.taskName ?? "")
        var seen: Set<ImageReference> = []
        return try request.imageNames.map { name in
            try QualifiedName(
                try Template.render(name, with: variables), registry: assignment.registry.loginServer,
                others: Set(assignment.pullCredentials.keys)
            ).image
        }.filter { seen.insert($0).inserted }
    }

    /// Holds the names on the daemon while `work` goes on, and takes them away afterwards.
    private func holdingNames(_ names: Set<String>, _ work: () async throws -> Void) async throws {
        try await daemon.names.acquire(names, for: assignment.run) { [log, broker, assignment] name, other in
            let reason = "run \(other) is writing \(name) on this daemon"
            await log.line("Waiting: \(reason).")
            try? await broker.report(.waiting(reason), for: assignment.lease)  // only tells; the wait goes on without
        }
        defer { daemon.names.release(names, for: assignment.run) }
        try daemon.note(names, of: assignment.run)
        let result: Swift.Result<Void, any Error>
        do { result = .success(try await work()) } catch { result = .failure(error) }
        // Its own task: cancellation must not keep the names on the daemon.
        await Task { [daemon, assignment, logger] in await daemon.removeNames(names, of: assignment.run, logger: logger)
        }.value
        try result.get()
    }

    // MARK: Before the steps

    private func warnOfShortSecrets() async {
        let short = request.arguments.filter { $0.isSecret && $0.value.value.utf8.count < SecretMasker.shortestValue }
        for argument in short where !argument.value.value.isEmpty {
            await log.line(
                "The secret argument \(argument.name) is shorter than \(SecretMasker.shortestValue) characters and can't be masked in this log."
            )
        }
    }

    /// Tries the login of the run's registry: a wrong password ends the run here, in clear words, not deep in a build.
    private func logIn() async throws {
        guard request.loginMode == .default, let credential = assignment.registry.credential else { return }
        let server = assignment.registry.loginServer
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
