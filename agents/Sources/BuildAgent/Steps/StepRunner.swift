import AgentProtocol
import Contexts
import Distribution
import DockerEngine
import Foundation
import Logging
import TaskFiles
import TaskModel

/// Carries out the steps of one run.
final class StepRunner: Sendable {
    let session: RunSession
    let place: RunPlace
    /// Ids by name.
    let networks: [String: String]
    /// Whether its only network is one that all runs share.
    private let isIsolated: Bool
    let images: RunImages
    let names: StepNames
    /// Steps whose output others may interrupt.
    private let overlapping: Set<String>
    let detached = DetachedSteps()

    /// How long a program may take to end by itself when its run is canceled.
    private static let grace = Duration.seconds(10)

    init(
        session: RunSession, place: RunPlace, networks: [String: String], images: RunImages, names: StepNames,
        isIsolated: Bool, overlapping: Set<String>
    ) {
        self.session = session
        self.place = place
        self.networks = networks
        self.images = images
        self.names = names
        self.isIsolated = isIsolated
        self.overlapping = overlapping
    }

    private var log: RunLogWriter { session.log }

    /// Whether other steps may print while this one does.
    func isShared(_ step: TaskGraph.Step) -> Bool { overlapping.contains(step.id) }

    /// Whether steps can have names in a network: not in docker's own, nor in one that all runs share.
    func hasNames(in network: String) -> Bool {
        guard networks[network] == nil else { return !isIsolated }
        return !["host", "none", "bridge", "default"].contains(network) && !network.hasPrefix("container:")
    }

    /// For a container that is in none of the task's networks: docker's own bridge, where it would see all others of
    /// the daemon, only where the policy gives networks of the host.
    ///
    /// - Returns: nil for docker's own.
    func ownNetwork() async throws -> String? {
        guard !session.assignment.policy.allowed.contains(.hostNetwork) else { return nil }
        return try await place.isolatedNetwork()
    }

    // MARK: Stopping

    func stop(_ container: String, atOnce: Bool) async {
        do {
            if atOnce {
                try await session.daemon.client.killContainer(container)
            } else {
                try await session.daemon.client.stopContainer(container, grace: Self.grace)
            }
        } catch {
            session.logger.warning(
                "container not stopped", metadata: ["container": "\(container)", "error": "\(error)"])
        }
    }

    // MARK: Steps

    /// Carries one step out.
    ///
    /// - Throws: ``RunFailure`` if it failed and errors of it are not ignored; `CancellationError` when the task is
    ///   canceled, after its containers were stopped.
    func carryOut(_ planned: TaskPlan.Step) async throws {
        let step = planned.step
        if session.left?.steps[step.id] != nil { return try await goOn(with: planned) }
        if step.startDelay > .zero {
            let seconds = step.startDelay.components.seconds
            await log.line("Waiting \(seconds) seconds before executing step ID: \(step.id)")
            try await log.keepingAlive({ "Step \(step.id): still waiting to begin, \($0.brief)" }) {
                try await Task.sleep(for: step.startDelay)
            }
        }
        try Task.checkCancellation()
        session.steps.begin(step.id)
        try await noteStep(step.id)
        await log.line(
            "Executing step ID: \(step.id). Timeout(sec): \(step.timeout.components.seconds), "
                + "Working directory: '\(step.workingDirectory ?? "")', Network: '\(step.network ?? "")'")
        try await finish(planned)
    }

    /// Goes on with a step that had begun before the agent was restarted.
    private func goOn(with planned: TaskPlan.Step) async throws {
        guard planned.isAdoptable else {
            throw RunFailure.error("agent restarted during build: the step \(planned.id) can't be gone on with")
        }
        session.steps.resume(planned.id)
        try await finish(planned)
    }

    private func noteStep(_ id: String) async throws {
        guard let result = session.steps[id] else { return }
        try await session.journal?.note(.step(result))
    }

    private func finish(_ planned: TaskPlan.Step) async throws {
        let step = planned.step
        do {
            try await log.keepingAlive({ "Step \(step.id): still running, \($0.brief)" }) {
                try await execute(planned)
            }
        } catch {
            if Task.isCancelled {
                session.steps.end(step.id, .interrupted)
                throw CancellationError()
            }
            let failure = RunFailure(error, step: step.id)
            guard step.ignoresErrors else {
                await session.noteFailure(failure, of: step.id)
                throw failure
            }
            await session.noteFailure(failure, of: step.id, status: .successful)
            await log.line(
                "Step ID: \(step.id) encountered an error: \(Self.words(error)), but is set to ignore errors. Continuing..."
            )
            return try await noteStep(step.id)
        }
        session.steps.end(step.id, .successful)
        try await noteStep(step.id)
    }

    private static func words(_ error: any Error) -> String {
        RunFailure(error, step: nil).message
    }

    private func execute(_ planned: TaskPlan.Step) async throws {
        let step = planned.step
        switch planned.work {
        case .container(let command):
            let work = ContainerStep(runner: self, step: step, command: command)
            if step.pullsFirst, session.left?.container(of: step.id) == nil { try await work.pullFirst() }
            try await limited(step) { isOver in try await work.carryOut(isOver: isOver) }
        case .shell(let command):
            let work = ShellStep(runner: self, step: step, command: command)
            try await limited(step) { isOver in try await work.carryOut(isOver: isOver) }
        case .build(let build):
            let work = BuildStep(runner: self, step: step, build: build)
            guard !step.isDetached else { return work.beginDetached() }
            try await limited(step) { _ in try await work.carryOut() }
        case .push where session.assignment.isRestricted:
            await log.line("Step ID: \(step.id) pushes nothing: the run carries out what came from a fork.")
        case .push(let images):
            try await limited(step) { _ in try await self.push(images, of: step) }
        }
    }

    private func push(_ images: [ImageReference], of step: TaskGraph.Step) async throws {
        for image in images {
            let id = try await idToPush(image.completed, of: step)
            try await ImagePush(
                session: session, step: step.id, imageID: id, connectionAttempts: Self.pushAttempts,
                isShared: isShared(step)
            ).push(image.completed)
        }
    }

    private static let pushAttempts = 3

    /// Only what the run made can be pushed. Where steps have the daemon's socket, they may have made images with it.
    private func idToPush(_ image: ImageReference, of step: TaskGraph.Step) async throws -> String {
        for attempt in 1...Self.pushAttempts {
            if let id = images.built(image) { return id }
            if session.assignment.policy.allowed.contains(.dockerSocket),
                let found = try await session.daemon.client.inspectImage(image.description)
            {
                return found.id
            }
            await log.line("Pushing image: \(image), attempt \(attempt)")
            let wait = Duration.milliseconds(125 << attempt)
            await log.line(
                "Container failed during run: \(step.id), waiting \(wait / .seconds(1)) seconds before retrying...")
            try await Task.sleep(for: wait)
        }
        throw StepProblem(
            "there is no image \(image): no step above built it, and only images that the run built can be pushed",
            .push)
    }

    /// What an earlier process of the agent has used of a step's time.
    private func spent(_ step: TaskGraph.Step) -> Duration {
        guard let time = session.left?.container(of: step.id)?.time else { return .zero }
        return .milliseconds(max(0, BootTime.now - time))
    }

    /// Gives `work` the step's time; then it is canceled, and containers of it are killed at once.
    private func limited(
        _ step: TaskGraph.Step,
        _ work: @escaping @Sendable (_ isOver: @escaping @Sendable () -> Bool) async throws -> Void
    ) async throws {
        let deadline = ContinuousClock.now + step.timeout - spent(step)
        let isOver = { @Sendable in ContinuousClock.now >= deadline }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await work(isOver)
                return true
            }
            group.addTask {
                try await Task.sleep(until: deadline)
                return false
            }
            defer { group.cancelAll() }
            guard try await group.next() == false else { return }
            group.cancelAll()
            // What it ends with is the time-out's doing.
            while let _ = try? await group.next() {}
            throw StepProblem("timed out", .timeout)
        }
    }
}

extension TaskPlan.Step {
    /// Whether a new process of the agent can go on with it. A build stream is gone with the process that read it.
    var isAdoptable: Bool {
        guard case .container(let command) = work else { return false }
        return !command.isDetached && !step.isKept && step.repetitions == 0
    }
}
