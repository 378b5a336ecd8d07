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
        let context = try await session.fetcher.fetch(
            for: session, .build(dockerfile: request.dockerFilePath, appliesIgnoreFile: request.appliesIgnoreFile))
        if let revision = context.revision {
            try await session.broker.report(.resolved(revision), for: assignment.lease)
        }
        for notice in context.notices { await log.line(notice) }
        await session.warnOfLogTemplate()
        let images = try imageReferences(revision: context.revision)
        try await session.logIn()
        // A build without a name gets one for as long as the run lasts: what is taken off at its end is then surely its own.
        let tags = images.isEmpty ? ["slipway-run:\(assignment.run)"] : images.map(\.description)
        return try await session.holdingNames(Set(tags)) {
            try await session.broker.report(.began, for: assignment.lease)
            let pushes = request.isPushEnabled && !images.isEmpty
            session.steps.plan(
                [StepResult(id: "build", kind: .build, dependencies: [])]
                    + (pushes ? [StepResult(id: "push", kind: .push, dependencies: ["build"])] : []))
            let build = try await step("build", timeout: Self.buildTimeout) {
                try await ImageBuild(session: session, step: "build", request: request, context: context, tags: tags)
                    .build()
            }
            if pushes {
                try await step("push", timeout: Self.pushTimeout) {
                    let push = ImagePush(session: session, step: "push", imageID: build.imageID)
                    for image in images { try await push.push(image) }
                }
            }
            return await summarize(build, images: images, context: context)
        }
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

    private func summarize(_ build: ImageBuild.Result, images: [ImageReference], context: PreparedContext) async
        -> [ImageDependencies]
    {
        await session.tellSuccess(of: "build")
        await log.line("Populating digests for step ID: build...")
        let record = DependencyRecord(
            build: build, images: images, pushed: session.pushedImages, revision: context.revision
        ).entries
        await log.line("Successfully populated digests for step ID: build")
        await session.tellSuccess(of: "push")
        await log.line("The following dependencies were found:")
        await log.text(record.yaml)
        return record
    }

    // MARK: Names

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
