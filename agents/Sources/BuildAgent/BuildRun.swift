import AgentProtocol
import Contexts
import Foundation
import TaskFiles
import TaskModel

/// One run that is a single build: fetch the context, build, push.
struct BuildRun: RunWork {
    let session: RunSession
    let request: BuildRequest

    /// Seconds that the steps of a single build may take; the run's own limit is usually smaller.
    static let buildTimeout = 28_800
    static let pushTimeout = 3_600

    private var log: RunLogWriter { session.log }
    private var assignment: RunAssignment { session.assignment }

    func carryOut() async -> RunOutcome {
        await session.outcome { try await carryOutSteps() }
    }

    private func carryOutSteps() async throws -> [ImageDependencies] {
        await session.warnOfShortSecrets(
            "secret argument", request.arguments.filter(\.isSecret).map { ($0.name, $0.value) })
        let mounts = try BuildMounts(request)
        await session.hide(secrets: mounts.secrets)
        let context = try await session.fetcher.fetch(
            for: session, .build(dockerfile: request.dockerFilePath, appliesIgnoreFile: request.appliesIgnoreFile))
        if let revision = context.revision {
            try await session.broker.report(.resolved(revision), for: assignment.lease)
        }
        for notice in context.notices { await log.line(notice) }
        await session.warnOfLogTemplate()
        let images = try imageReferences(revision: context.revision)
        let pushes = request.isPushEnabled && !images.isEmpty
        var cache = try cache(revision: context.revision)
        // An image that is pushed anyway takes its cache along.
        if let image = cache.image, pushes, images.contains(image) { cache.target = .inline }
        try await session.logIn()
        let lanes = BuildLane.all(of: request, images: images, run: assignment.run)
        let caches = lanes.map { lanes.count > 1 ? cache.part(for: $0.request.platform) : cache }
        return try await session.holdingNames(
            Set(lanes.flatMap(\.names)), passing: Set(caches.compactMap { $0.image?.description })
        ) {
            try await session.begin()
            session.steps.plan(
                lanes.map { StepResult(id: $0.id, kind: .build, dependencies: []) }
                    + (pushes ? [StepResult(id: "push", kind: .push, dependencies: lanes.map(\.id))] : []))
            let builds = try await build(Array(zip(lanes, caches)), context, mounts)
            if pushes { try await step("push", timeout: Self.pushTimeout) { try await push(builds, as: images) } }
            if let form = request.keptOutput { try await keep(builds, as: images, form) }
            return await summarize(builds, images: images, context: context)
        }
    }

    // MARK: Building and pushing

    private struct Built {
        let lane: BuildLane
        let result: ImageBuild.Result
    }

    /// Builds all lanes side by side; the first that fails ends the others.
    private func build(
        _ lanes: [(BuildLane, BuildCache)], _ context: PreparedContext, _ mounts: BuildMounts
    ) async throws -> [Built] {
        try await withThrowingTaskGroup(of: (Int, Built).self) { group in
            for (index, (lane, cache)) in lanes.enumerated() {
                group.addTask {
                    let result = try await build(lane, context, cache, mounts, isShared: lanes.count > 1)
                    return (index, Built(lane: lane, result: result))
                }
            }
            var built: [(Int, Built)] = []
            do {
                while let one = try await group.next() { built.append(one) }
            } catch {
                if !Task.isCancelled { session.stopAtOnce() }
                group.cancelAll()
                // What the others end with does not count any more.
                while let _ = try? await group.next() {}
                throw error
            }
            return built.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func build(
        _ lane: BuildLane, _ context: PreparedContext, _ cache: BuildCache, _ mounts: BuildMounts, isShared: Bool
    ) async throws -> ImageBuild.Result {
        try await step(lane.id, timeout: Self.buildTimeout) {
            let check = EmulationCheck(session: session, platform: lane.request.chosenPlatform)
            let isEmulated = try await check.isEmulated()
            if isEmulated {
                await log.line("\(lane.id): programs for \(lane.request.platform) are emulated here, which is slow.")
            }
            let search = OutputSearch([EmulationCheck.symptom])
            do {
                return try await ImageBuild(
                    session: session, step: lane.id, request: lane.request, context: context, tags: lane.names,
                    cache: cache, mounts: mounts, isShared: isShared, output: { search.add($0) }
                ).build()
            } catch  where isEmulated && search.isFound {
                await log.line("\(lane.id): \(check.advice).")
                throw error
            }
        }
    }

    private func push(_ builds: [Built], as images: [ImageReference]) async throws {
        guard builds.count > 1 else {
            for build in builds {
                let push = ImagePush(session: session, step: "push", imageID: build.result.imageID)
                for image in images { try await push.push(image) }
            }
            return
        }
        try await IndexPush(
            session: session, step: "push",
            parts: builds.map { IndexPush.Part(lane: $0.lane, imageID: $0.result.imageID) }
        ).push(images)
    }

    // MARK: Steps

    private func step<Result>(
        _ id: String, timeout: Int, _ work: () async throws -> Result
    ) async throws -> Result {
        await log.line("Executing step ID: \(id). Timeout(sec): \(timeout), Working directory: '', Network: ''")
        session.steps.begin(id)
        do {
            let result = try await log.keepingAlive(
                { "Step \(id): still running, \($0.brief)" }, work)
            session.steps.end(id, .successful)
            return result
        } catch {
            if Task.isCancelled { throw CancellationError() }
            let failure = RunFailure(error, step: id)
            await session.noteFailure(failure, of: id)
            throw failure
        }
    }

    private func keep(_ builds: [Built], as images: [ImageReference], _ form: ImageArchive) async throws {
        let delivery = OutputDelivery(
            session: session, form: form,
            parts: builds.map {
                OutputDelivery.Part(names: $0.lane.names, imageID: $0.result.imageID)
            }, images: images)
        try await log.keepingAlive({ "Still keeping the image, \($0.brief)" }) { try await delivery.deliver() }
    }

    private func summarize(_ builds: [Built], images: [ImageReference], context: PreparedContext) async
        -> [ImageDependencies]
    {
        for build in builds {
            await session.tellSuccess(of: build.lane.id)
            await log.line("Populating digests for step ID: \(build.lane.id)...")
            await log.line("Successfully populated digests for step ID: \(build.lane.id)")
        }
        var record: [ImageDependencies] = []
        for build in builds {
            let entries = DependencyRecord(
                build: build.result, images: images, pushed: session.pushedImages, revision: context.revision
            ).entries
            // Platforms mostly stand on the same bases, by the digests of their indexes.
            record += entries.filter { !record.contains($0) }
        }
        await session.tellSuccess(of: "push")
        await log.line("The following dependencies were found:")
        await log.text(record.yaml)
        return record
    }

    // MARK: Names

    private func cache(revision: SourceRevision?) throws -> BuildCache {
        let variables = session.variables(revision: revision)
        return try BuildCache(
            request, registry: assignment.registry.loginServer, others: Set(assignment.pullCredentials.keys)
        ) { name in
            try Template.render(name, with: variables)
        }
    }

    /// The request's image names with templates filled in and the run's registry in front.
    private func imageReferences(revision: SourceRevision?) throws -> [ImageReference] {
        let variables = session.variables(revision: revision)
        var seen: Set<ImageReference> = []
        return try request.imageNames.map { name in
            try QualifiedName(
                try Template.render(name, with: variables), registry: assignment.registry.loginServer,
                others: Set(assignment.pullCredentials.keys)
            ).image
        }.filter { seen.insert($0).inserted }
    }
}

/// What a run does, by the kind of its request.
protocol RunWork: Sendable {
    /// Never throws: what went wrong is the outcome. When the task is canceled, what is under way is broken off and
    /// cleaned up first.
    func carryOut() async -> RunOutcome
}
