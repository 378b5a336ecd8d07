import AgentProtocol
import Contexts
import DockerEngine
import TaskFiles
import TaskModel

/// A `build` step: an image out of the workspace.
struct BuildStep {
    let runner: StepRunner
    let step: TaskGraph.Step
    let build: BuildCommand

    func carryOut() async throws {
        try await StepAttempts(step: step, log: runner.session.log).run { _, search in try await build(search) }
    }

    /// Begins a build that nobody waits for: how it ends is only told.
    func beginDetached() {
        runner.detached.add {
            do { try await carryOut() } catch {
                guard !Task.isCancelled else { return }
                let reason = RunFailure(error, step: nil).message
                await runner.session.log.line("The detached step \(step.id) failed: \(reason)")
            }
        }
    }

    private func build(_ search: OutputSearch) async throws {
        let session = runner.session
        let fetcher = session.fetcher
        let context = try await runner.place.context(
            of: build, in: fetcher.directory, limits: fetcher.access.limits)
        var images: [ImageReference] = []
        for tag in build.tags { images.append(try ImageReference(tag).completed) }
        // Without a name there is none to hold: the id is enough.
        let cache = try cache
        if build.isCached, cache.target == nil {
            await session.log.line(
                "cache: enabled for \(step.id): without a tag there is no place for the cache in the registry; layers are "
                    + "kept on this docker daemon only.")
        }
        var source: RunSource?
        if case .remote(let location) = build.context { source = RunSource(typed: location) }
        let result = try await ImageBuild(
            session: session, step: step.id, request: try await request(), context: context,
            tags: images.map(\.description), source: source, folder: build.folder ?? "", options: options,
            cache: cache,
            mounts: try await runner.place.mounts(of: build, step),
            isShared: runner.isShared(step), output: { search.add($0) }
        ).build()
        runner.images.note(result, of: step.id, as: images, revision: context.revision)
    }

    private var cache: BuildCache {
        get throws {
            let assignment = runner.session.assignment
            return try BuildCache(
                build, step: step.id, registry: assignment.registry.loginServer, task: assignment.taskName)
        }
    }

    /// What a build request does not know.
    private var options: BuildOptions {
        var options = BuildOptions()
        options.network = build.network == .default ? nil : build.network.rawValue
        options.extraHosts = build.extraHosts
        options.limits = ContainerLimits(build.resources)
        options.limits.cap(by: runner.session.assignment.policy)
        return options
    }

    private func request() async throws -> BuildRequest {
        var arguments: [BuildArgument] = []
        for (name, value) in build.arguments {
            // A secret that a template put there is one for the builder, too.
            let isSecret = await runner.session.log.masked(value) != value
            if isSecret, runner.session.assignment.policy.refuseSecretBuildArguments {
                throw StepProblem(
                    "the build argument \(name) holds a secret, which the image's history may keep; the policy of the agent "
                        + "pool refuses that (pools[].policy.refuseSecretBuildArguments). Use --secret id=\(name),env=\(name)"
                )
            }
            arguments.append(BuildArgument(name: name, value: Secret(value), isSecret: isSecret))
        }
        var request = BuildRequest(
            noCache: build.noCache, target: build.target, arguments: arguments,
            labels: build.labels.map { BuildLabel(name: $0.name, value: $0.value) },
            platform: runner.session.assignment.request.common.platform,
            builder: build.isClassic ? .classic : .buildKit)
        if let platform = build.platform { request.platform = platform }
        return request
    }
}
