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

    private func carryOutTask() async throws {
        await session.warnOfShortSecrets(
            "secret value", request.values.filter(\.isSecret).map { ($0.name, $0.value) })
        let context = try await fetchContext()
        await session.warnOfLogTemplate()
        let place = RunPlace(session: session)
        let plan = try await readTask(context, place)
        for warning in plan.warnings(runTimeout: assignment.timeout) { await log.line(warning) }
        try await session.logIn()
        let built = try plan.builtNames
        let images = RunImages(session: session, builtNames: built)
        try await session.holdingNames(built) {
            try await opening(place, images) {
                let networks = try await place.open(plan, context: context)
                try await session.broker.report(.began, for: assignment.lease)
                let steps = StepRunner(
                    session: session, place: place, networks: networks, images: images,
                    names: StepNames(plan.steps.map(\.id)))
                try await schedule(plan, steps)
                await summarize(plan, steps, revision: context?.revision)
            }
        }
    }

    /// Takes the place and the run's images away however `work` ends, also when the run is canceled.
    private func opening(_ place: RunPlace, _ images: RunImages, _ work: () async throws -> Void) async throws {
        let result: Result<Void, any Error>
        do { result = .success(try await work()) } catch { result = .failure(error) }
        await Task {
            await place.close()
            await images.removePulled()
        }.value
        try result.get()
    }

    // MARK: Before the steps

    private func fetchContext() async throws -> PreparedContext? {
        if case .none = assignment.source { return nil }
        let context = try await session.fetcher.fetch(for: session, .workspace)
        if let revision = context.revision {
            try await session.broker.report(.resolved(revision), for: assignment.lease)
        }
        for notice in context.notices { await log.line(notice) }
        return context
    }

    private func readTask(_ context: PreparedContext?, _ place: RunPlace) async throws -> TaskPlan {
        let text = try await text(of: request.taskFile, "task file", context)
        var values: String?
        if let file = request.valuesFile { values = try await self.text(of: file, "file of values", context) }
        let data = try TemplateData(
            run: session.variables(revision: context?.revision, sharedVolume: place.workspaceVolume),
            valuesFile: values, overrides: request.values.map { ($0.name, $0.value.value) })
        let file = try TaskFile(text, with: data)
        if file.hasAliases { await log.line("Alias support enabled for version >= 1.1.0") }
        return try TaskPlan(try TaskGraph(file))
    }

    private func text(of source: TaskFileSource, _ what: String, _ context: PreparedContext?) async throws -> String {
        switch source {
        case .content(let text): return text.value
        case .path(let path):
            guard let context else {
                throw RunFailure.failed("the \(what) '\(path)' can't be read: the run has no context")
            }
            let reader = ContextFileReader(walk: context.upload)
            guard let bytes = try await reader.read(path, limit: 1 << 20) else {
                throw RunFailure.failed("there is no \(what) '\(path)' in the context")
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    // MARK: The steps

    /// Carries out all steps, each as soon as those it waits for have succeeded. The first that fails ends the others.
    private func schedule(_ plan: TaskPlan, _ runner: StepRunner) async throws {
        var waiting = plan.steps
        var done: Set<String> = []
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
                await runner.stopDetachedAtEnd()
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
                if !Task.isCancelled { session.stopAtOnce() }
                group.cancelAll()
                // What they end with does not count any more; their clean-up does.
                while let _ = try? await group.next() {}
                if !Task.isCancelled { await tell(plan, runner) }
                throw error
            }
        }
    }

    /// What became of each step, when the run fails.
    private func tell(_ plan: TaskPlan, _ runner: StepRunner) async {
        let states = runner.states
        let words = plan.steps.map { "\($0.id) \(states[$0.id]?.description ?? "never began")" }
        await log.line("Steps: " + words.joined(separator: ", "))
    }

    private func summarize(_ plan: TaskPlan, _ runner: StepRunner, revision: SourceRevision?) async {
        let states = runner.states
        for step in plan.steps {
            guard case .successful(let seconds) = states[step.id] else { continue }
            await log.line(
                "Step ID: \(step.id) marked as successful (elapsed time in seconds: \(String(format: "%.6f", seconds)))"
            )
        }
        let builds = runner.images.builds
        for step in plan.steps where builds[step.id] != nil {
            await log.line("Populating digests for step ID: \(step.id)...")
            await log.line("Successfully populated digests for step ID: \(step.id)")
        }
        guard !builds.isEmpty else { return }
        await log.line("The following dependencies were found:")
        for step in plan.steps {
            guard let build = builds[step.id] else { continue }
            let record = DependencyRecord(
                build: build.result, images: build.images, pushed: session.pushedImages, revision: revision)
            await log.write(Array(record.text.utf8))
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

    /// - Parameter runTimeout: the limit of the whole run. A step's default limit is nothing that somebody asked for.
    fileprivate func warnings(runTimeout: Duration) -> [String] {
        steps.filter { $0.step.timeout > max(runTimeout, .seconds(600)) }.map { step in
            "Warning: the step \(step.id) may take \(step.step.timeout.components.seconds) s, but the run ends after "
                + "\(runTimeout.components.seconds) s."
        }
    }
}
