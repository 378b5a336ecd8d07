import AgentProtocol
import Contexts
import Foundation
import Synchronization
import TaskFiles
import TaskModel

/// One run of a task file: fetch the context, read the file, carry out its steps, and leave nothing behind.
struct TaskRun: RunWork {
    let session: RunSession
    let request: TaskFileRequest

    private var log: RunLogWriter { session.log }
    private var assignment: RunAssignment { session.assignment }

    func carryOut() async -> RunOutcome {
        await session.outcome { try await carryOutTask() }
    }

    private func carryOutTask() async throws -> [ImageDependencies] {
        let place = RunPlace(session: session)
        do {
            return try await carryOutTask(in: place)
        } catch {
            // Of a run that goes on there is something before its place is opened here.
            if session.left != nil { await Task { await place.close() }.value }
            throw error
        }
    }

    private func carryOutTask(in place: RunPlace) async throws -> [ImageDependencies] {
        let isNew = session.left == nil
        if isNew {
            await session.warnOfShortSecrets(
                "secret value", request.values.filter(\.isSecret).map { ($0.name, $0.value) })
        }
        let context = isNew ? try await fetchContext() : nil
        if isNew { await session.warnOfLogTemplate() }
        let plan = try await TaskReader(
            session: session, request: request, context: context, sharedVolume: place.workspaceVolume
        ).read()
        session.steps.plan(plan.results(session.left))
        if isNew {
            for warning in plan.warnings(runTimeout: assignment.timeout) { await log.line(warning) }
            try await session.logIn()
        }
        let built = try plan.builtNames
        let caches = try plan.cacheNames(of: assignment)
        let images = RunImages(session: session)
        return try await session.holdingNames(built, passing: caches) {
            try await opening(place) {
                let networks: [String: String]
                if isNew {
                    networks = try await place.open(plan, context: context)
                    try await session.begin()
                } else {
                    await log.line("The agent was restarted; the run goes on.")
                    try plan.checkAdoptable(session.left)
                    networks = try await place.reopen(plan, isOver: plan.isOver(session.left))
                }
                let steps = StepRunner(
                    session: session, place: place, networks: networks, images: images,
                    names: StepNames(plan.steps.map(\.id)), isIsolated: plan.isOneByOne,
                    overlapping: plan.overlapping)
                try await schedule(plan, steps)
                return await summarize(plan, steps, revision: context?.revision ?? session.left?.revision)
            }
        }
    }

    /// Takes the place away however `work` ends, also when the run is canceled.
    private func opening<Value>(_ place: RunPlace, _ work: () async throws -> Value) async throws -> Value {
        let result: Result<Value, any Error>
        do { result = .success(try await work()) } catch { result = .failure(error) }
        await Task {
            if let folder = session.local?.workspaceOut { await place.copyWorkspace(to: folder) }
            await place.close()
        }.value
        return try result.get()
    }

    // MARK: Before the steps

    private func fetchContext() async throws -> PreparedContext? {
        if let context = session.local?.context { return context }
        if case .none = assignment.source { return nil }
        let context = try await session.fetcher.fetch(for: session, .workspace)
        if let revision = context.revision {
            try await session.broker.report(.resolved(revision), for: assignment.lease)
            try await session.journal?.note(.resolved(commit: revision.commit, branch: revision.branch))
        }
        for notice in context.notices { await log.line(notice) }
        return context
    }

    // MARK: The steps

    /// Carries out all steps, each as soon as those it waits for have succeeded. The first that fails ends the others.
    private func schedule(_ plan: TaskPlan, _ runner: StepRunner) async throws {
        var done = plan.done(session.left)
        var waiting = plan.steps.filter { [done] in !done.contains($0.id) }
        try await withThrowingTaskGroup(of: String?.self) { group in
            func startReady() {
                let ready = waiting.filter { done.isSuperset(of: $0.step.dependencies) }
                waiting.removeAll { step in ready.contains { $0.id == step.id } }
                for step in ready {
                    group.addTask {
                        try await runner.carryOut(step)
                        return step.id
                    }
                }
            }
            group.addTask {
                await runner.detached.serve()
                return nil
            }
            do {
                startReady()
                while done.count < plan.steps.count, let id = try await group.next() ?? nil {
                    done.insert(id)
                    startReady()
                }
                try Task.checkCancellation()
                session.stopAtOnce()
                group.cancelAll()
            } catch {
                if !Task.isCancelled {
                    await session.noteEnd(because: error)
                    session.stopAtOnce()
                }
                group.cancelAll()
                // What they end with does not count any more; their clean-up does.
                while let _ = try? await group.next() {}
                if !Task.isCancelled { await tell() }
                throw error
            }
        }
    }

    /// What became of each step, when the run fails.
    private func tell() async {
        let words = session.steps.all.map { "\($0.id) \($0.status.words)" }
        await log.line("Steps: " + words.joined(separator: ", "))
    }

    private func summarize(_ plan: TaskPlan, _ runner: StepRunner, revision: SourceRevision?) async
        -> [ImageDependencies]
    {
        for step in plan.steps { await session.tellSuccess(of: step.id) }
        let builds = runner.images.builds
        for step in plan.steps where builds[step.id] != nil {
            await log.line("Populating digests for step ID: \(step.id)...")
            await log.line("Successfully populated digests for step ID: \(step.id)")
        }
        guard !builds.isEmpty else { return [] }
        let record = plan.steps.compactMap { builds[$0.id] }.flatMap { build in
            DependencyRecord(
                build: build.result, images: build.images, pushed: session.pushedImages,
                revision: build.revision ?? revision
            ).entries
        }
        await log.line("The following dependencies were found:")
        await log.text(record.yaml)
        return record
    }
}

extension StepResult.Status {
    /// For the log.
    fileprivate var words: String {
        switch self {
        case .waiting, .skipped: "never began"
        case .running: "was under way"
        case .successful: "succeeded"
        case .failed: "failed"
        case .interrupted: "was interrupted"
        }
    }
}

extension TaskPlan {
    /// The names that its builds write on the daemon.
    fileprivate var builtNames: Set<String> {
        get throws {
            var names: Set<String> = []
            for step in steps {
                guard case .build(let build) = step.work else { continue }
                for tag in build.tags { names.insert(try ImageReference(tag).completed.description) }
            }
            return names
        }
    }

    /// The names under which its builds write their caches.
    fileprivate func cacheNames(of assignment: RunAssignment) throws -> Set<String> {
        var names: Set<String> = []
        for step in steps {
            guard case .build(let build) = step.work else { continue }
            let cache = try BuildCache(
                build, step: step.id, registry: assignment.registry.loginServer, task: assignment.taskName)
            if let image = cache.image { names.insert(image.description) }
        }
        return names
    }

    /// Its steps, none begun but those of an earlier process of the agent.
    fileprivate func results(_ left: JournalRecord?) -> [StepResult] {
        steps.map {
            left?.steps[$0.id]
                ?? StepResult(id: $0.id, kind: $0.step.action.kind, dependencies: $0.step.dependencies)
        }
    }

    /// The ids of steps that an earlier process of the agent brought to their ends.
    fileprivate func done(_ left: JournalRecord?) -> Set<String> {
        Set(steps.map(\.id).filter { left?.steps[$0]?.status == .successful })
    }

    /// Whether all that is left to do after an earlier process of the agent is to end.
    fileprivate func isOver(_ left: JournalRecord?) -> Bool { done(left).count == steps.count }

    /// - Throws: ``RunFailure`` if what an earlier process began is more than containers: what a build made is known to
    ///   that process alone.
    fileprivate func checkAdoptable(_ left: JournalRecord?) throws {
        for step in steps where left?.steps[step.id] != nil && !step.isAdoptable {
            throw RunFailure.error(
                "agent restarted during the run, which can't go on after the step \(step.id): what it did is stopped. "
                    + "Queue it again")
        }
    }

    /// The ids of steps beside which others may print: those that no order holds apart, and all that come after one
    /// that goes on by itself.
    var overlapping: Set<String> {
        var above: [String: Set<String>] = [:]
        for planned in steps {
            let direct = planned.step.dependencies
            above[planned.id] = direct.reduce(into: Set(direct)) { $0.formUnion(above[$1] ?? []) }
        }
        let detached = Set(steps.filter(\.isDetached).map(\.id))
        var result = detached
        for (index, step) in steps.enumerated() {
            if above[step.id]?.isDisjoint(with: detached) == false { result.insert(step.id) }
            for other in steps[..<index]
            where above[step.id]?.contains(other.id) != true && above[other.id]?.contains(step.id) != true {
                result.formUnion([step.id, other.id])
            }
        }
        return result
    }

    /// Whether no two of its containers run at the same time, so that none can talk to another, and it says nothing of
    /// networks.
    var isOneByOne: Bool { overlapping.isEmpty && networks == [.standard] }

    /// - Parameter runTimeout: the limit of the whole run. A step's default limit is nothing that somebody asked for.
    fileprivate func warnings(runTimeout: Duration) -> [String] {
        steps.filter { $0.step.timeout > max(runTimeout, .seconds(600)) }.map { step in
            "Warning: the step \(step.id) may take \(step.step.timeout.components.seconds) s, but the run ends after "
                + "\(runTimeout.components.seconds) s."
        }
    }
}
