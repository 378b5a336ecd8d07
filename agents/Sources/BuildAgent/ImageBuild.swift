import AgentProtocol
import Contexts
import Distribution
import DockerEngine
import Foundation
import TaskFiles
import TaskModel

/// A build step: sends the context to the daemon's builder.
struct ImageBuild {
    /// What was built, and on what.
    struct Result: Sendable {
        let imageID: String
        let bases: BaseImages
        /// Those that were used, with their digests.
        let baseImages: [BaseImageRecord]
    }

    let session: RunSession
    /// The id of the step that builds.
    let step: String
    let request: BuildRequest
    let context: PreparedContext
    /// Names for the image on the daemon.
    let tags: [String]
    /// Where the context comes from, and which folder of it it is; nil is the run's own source.
    var source: RunSource?
    var folder = ""
    /// What is asked of the builder besides what ``request`` says.
    var options = BuildOptions()
    var cache = BuildCache()
    /// For `RUN --mount`, besides secret build arguments.
    var mounts = BuildMounts()
    /// Whether other steps may print at the same time.
    var isShared = false
    /// Sees what the builder prints.
    var output: @Sendable ([UInt8]) -> Void = { _ in }

    private var client: DockerClient { session.daemon.client }

    func build() async throws -> Result {
        try mounts.check(isClassic: request.builder == .classic, hasBuildKit: try await client.daemon().hasBuildKit)
        await session.log.line("Scanning for dependencies...")
        let isBuildKit = try await isBuildKit()
        let frontend = try Frontend(
            context.dockerfile, rules: isBuildKit ? session.assignment.builds.syntax : [])
        if let notice = frontend.notice { await session.log.line(notice) }
        let dockerfile = Dockerfile(frontend.dockerfile)
        let bases = dockerfile.baseImages(
            arguments: Dictionary(request.arguments.map { ($0.name, $0.value.value) }) { _, last in last },
            target: request.target,
            platform: request.platform)
        for note in bases.notes { await session.log.line("Dependencies: \(note)") }
        await session.log.line("Successfully scanned dependencies")
        await warnOfSecrets(in: dockerfile)
        await session.log.line("Launching container with name: \(step)")
        session.steps.launch(step)
        for image in bases.all {
            // BuildKit gives the daemon no names of bases.
            if isBuildKit {
                session.daemon.runNames.use(image.completed.description, by: session.attempt)
            } else {
                _ = try await session.use(image.completed)
            }
        }
        for notice in cache.notices(isBuildKit: isBuildKit) { await session.log.line(notice) }
        let result: Swift.Result<(BuildResult, isFresh: Bool), any Error>
        do { result = .success(try await buildFreshly(bases, frontend)) } catch { result = .failure(error) }
        let (built, isFresh) = try explaining(frontend) { try result.get() }
        for name in tags { session.daemon.runNames.get(name, by: session.attempt) }
        await session.log.line("Successfully executed container: \(step)")
        let records = await BaseDigests(session: session, step: step, isFresh: isFresh).records(of: built, bases: bases)
        session.noteBases(records, of: step)
        if isBuildKit { try await writeCache(of: built) }
        return Result(imageID: built.imageID, bases: bases, baseImages: records)
    }

    // MARK: Building

    /// Builds with bases as the registries have them now. Where a registry can't be connected to at all, the daemon's own image serves.
    ///
    /// - Returns: also whether it was so.
    private func buildFreshly(_ bases: BaseImages, _ frontend: Frontend) async throws -> (BuildResult, isFresh: Bool) {
        do {
            let result = try await RetryPolicy().run(verdict: Self.verdict) { error, _, wait in
                await session.log.line("\(error) Trying again in \(max(1, wait.components.seconds)) seconds.")
            } _: {
                try await build(frontend, pull: true)
            }
            return (result, true)
        } catch DockerError.build(.base(let reference, .unreachable(let reason))) {
            // An unreadable name can't be looked for.
            guard let image = try? ImageReference(reference), try await isOnDaemon(image) else {
                throw DockerError.build(.base(reference: reference, .unreachable(reason)))
            }
            await session.log.line("The registry of \(reference) can't be connected to (\(reason)).")
            try await refreshOthers(bases)
            return (try await build(frontend, pull: false), false)
        }
    }

    /// Bases are looked up before anything runs, and the image is written after all has, so a build that failed there
    /// can be tried again.
    private static func verdict(_ error: any Error) -> RetryVerdict {
        switch error {
        case DockerError.build(.base(_, .temporary)): .again(after: nil)
        // The image, all cached, was that of another run, which removed it at its end in this moment.
        case DockerError.build(.step(let message)) where message.hasPrefix("failed to get digest sha256:"):
            .again(after: nil)
        // Of the login service of a base's registry.
        case let error as DistributionError: error.retry
        default: .giveUp
        }
    }

    private func explaining<Value>(_ frontend: Frontend, _ work: () throws -> Value) throws -> Value {
        do { return try work() } catch { throw frontend.explained(error) }
    }

    private func isBuildKit() async throws -> Bool {
        guard request.builder == .buildKit else { return false }
        return try await client.daemon().hasBuildKit
    }

    private func build(_ frontend: Frontend, pull: Bool) async throws -> BuildResult {
        let identity = ContextIdentity(
            registry: session.assignment.registry, source: source ?? session.assignment.source,
            taskName: session.assignment.taskName, folder: folder, images: tags)
        return try await session.daemon.contextKeys.withKey(for: identity.parts, variant: context.rulesDigest) { key in
            try await build(frontend, pull: pull, contextKey: key)
        }
    }

    private func build(_ frontend: Frontend, pull: Bool, contextKey: ContextKey?) async throws -> BuildResult {
        let offered = request.arguments.filter(\.isSecret).map { ($0.name, Array($0.value.value.utf8)) }
        var input = BuildInput(
            walk: context.included, dockerfile: frontend.dockerfile, dockerfilePath: context.dockerfilePath,
            isDockerfileIncluded: context.isDockerfileIncluded,
            allCredentials: session.assignment.pullCredentials,
            secrets: Dictionary(offered) { _, last in last }.merging(mounts.secrets) { _, own in own })
        input.transfer = request.transfer
        input.latestTime = request.sourceDateEpoch
        if frontend.notice != nil { carryChangedDockerfile(in: &input) }
        input.contextKey = contextKey
        input.tokens = session.tokens
        input.sshAgents = mounts.agents
        var options = options
        options.tags = tags
        options.arguments = request.arguments
        options.target = request.target
        options.labels = request.labels
        options.noCache = request.noCache
        options.pull = pull
        options.platform = request.chosenPlatform
        options.builder = request.builder
        if try await isBuildKit() {
            options.arguments = Frontend.arguments(options.arguments, rules: session.assignment.builds.syntax)
            cache.apply(to: &options)
            session.assignment.cacheDomain?.apply(to: &options)
        } else {
            options.cacheSources = cache.sources.map(\.description)
            // Its cache can't be kept apart.
            if session.assignment.cacheDomain != nil { options.noCache = true }
        }
        let lane = BuildLedger.Lane(step: step, platform: request.platforms.isEmpty ? nil : request.platform)
        try await session.lease.ensureAwake()
        session.steps.begin(lane)
        defer { session.steps.end(lane) }
        return try await session.log.withOutput(of: step, isShared: isShared) {
            [client, input, options, output, session] log in
            try await client.build(
                input, options: options, vertices: { await session.note($0, of: lane) },
                output: { bytes in
                    output(bytes)
                    await log.write(bytes)
                })
        }
    }

    /// A changed Dockerfile goes beside the context, in which `COPY` finds the one that was there. In an archive, from
    /// which the builder reads it, it takes that one's place.
    private func carryChangedDockerfile(in input: inout BuildInput) {
        if input.asksForArchive, input.isDockerfileIncluded {
            input.walk = ReplacingWalk(
                walk: input.walk, path: EntryPath(input.dockerfilePath), content: input.dockerfile)
        } else {
            input.isDockerfileIncluded = false
        }
    }

    private func writeCache(of built: BuildResult) async throws {
        guard let image = cache.image else { return }
        guard !session.assignment.isRestricted else {
            return await session.log.line(
                "The cache of \(step) is not written: the run carries out what came from a fork.")
        }
        do {
            try await CacheExport(session: session, step: step, imageID: built.imageID, isShared: isShared).push(
                as: image, isHeld: tags.contains(image.description))
        } catch {
            if cache.isRequired || Task.isCancelled || error is CancellationError { throw error }
            await session.log.line("Warning: the cache of \(step) could not be written: \(error)")
        }
    }

    /// Before a build that does not ask registries: pulls the bases that can be had, says which come from the daemon, and refuses those that
    /// their registry refuses.
    private func refreshOthers(_ bases: BaseImages) async throws {
        for image in bases.needed {
            do {
                let credential = session.assignment.pullCredentials[image.registry]
                _ = try await session.use(image.completed)
                try await client.pull(image, credential: credential, platform: nil) { _ in }
                session.daemon.runNames.get(image.completed.description, by: session.attempt)
            } catch DockerError.pull(_, .unreachable(let reason)) {
                guard try await isOnDaemon(image) else {
                    throw DockerError.build(.base(reference: image.description, .unreachable(reason)))
                }
                await session.log.line("Using the daemon's own image for \(image), which may be old.")
            } catch DockerError.pull(let name, let failure) {
                throw DockerError.build(.base(reference: name, failure))
            }
        }
    }

    /// Whether the daemon has the image, and it is not another run's.
    private func isOnDaemon(_ image: ImageReference) async throws -> Bool {
        let name = image.completed.description
        guard session.daemon.mayTake(name, for: session.attempt) else { return false }
        return try await client.inspectImage(name) != nil
    }

    private func warnOfSecrets(in dockerfile: Dockerfile) async {
        for argument in request.arguments where argument.isSecret && dockerfile.declares(argument: argument.name) {
            await session.log.line(
                "Warning: the Dockerfile declares the secret argument \(argument.name) with ARG, so the image's history may keep its value. "
                    + "RUN --mount=type=secret,id=\(argument.name) gets the same value and leaves no trace.")
        }
    }
}

extension ImageReference {
    /// With `:latest` where it has neither tag nor digest.
    var completed: ImageReference {
        tag == nil && digest == nil ? ImageReference(registry: registry, repository: repository, tag: "latest") : self
    }
}
