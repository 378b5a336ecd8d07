import AgentProtocol
import Contexts
import Distribution
import DockerEngine
import Foundation
import Logging
import Synchronization
import TaskFiles
import TaskModel

/// Carries out the steps of one run.
final class StepRunner: Sendable {
    /// What has become of a step.
    enum State: Sendable, CustomStringConvertible {
        case running
        case successful(seconds: Double)
        case failed
        /// It was under way when another failed.
        case interrupted

        var description: String {
            switch self {
            case .running: "was under way"
            case .successful: "succeeded"
            case .failed: "failed"
            case .interrupted: "was interrupted"
            }
        }
    }

    let session: RunSession
    let place: RunPlace
    /// Ids by name.
    let networks: [String: String]
    let images: RunImages
    let names: StepNames
    private let shared = Mutex(Shared())

    private struct Shared {
        var states: [String: State] = [:]
        var detached: [String] = []
    }

    /// How long a program may take to end by itself when its run is canceled.
    private static let grace = Duration.seconds(10)

    init(session: RunSession, place: RunPlace, networks: [String: String], images: RunImages, names: StepNames) {
        self.session = session
        self.place = place
        self.networks = networks
        self.images = images
        self.names = names
    }

    private var log: RunLogWriter { session.log }

    /// Of the steps that have begun.
    var states: [String: State] { shared.withLock { $0.states } }

    private func note(_ state: State, of step: String) {
        shared.withLock { $0.states[step] = state }
    }

    // MARK: Stopping

    func noteDetached(_ container: String) {
        shared.withLock { $0.detached.append(container) }
    }

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

    /// Waits for the end of the run's steps. When that is a cancellation, containers that nobody waits for get the same
    /// time as all others to end by themselves.
    func stopDetachedAtEnd() async {
        let (never, continuation) = AsyncStream<Never>.makeStream()
        for await _ in never {}  // until it is canceled
        continuation.finish()
        let containers = session.stopsAtOnce ? [] : shared.withLock(\.detached)
        guard !containers.isEmpty else { return }
        await Task {
            await withTaskGroup(of: Void.self) { group in
                for container in containers { group.addTask { await self.stop(container, atOnce: false) } }
            }
        }.value
    }

    // MARK: Steps

    /// Carries one step out.
    ///
    /// - Throws: ``RunFailure`` if it failed and errors of it are not ignored; `CancellationError` when the task is
    ///   canceled, after its containers were stopped.
    func carryOut(_ planned: TaskPlan.Step) async throws {
        let step = planned.step
        if step.startDelay > .zero {
            let seconds = step.startDelay.components.seconds
            await log.line("Waiting \(seconds) seconds before executing step ID: \(step.id)")
            try await log.keepingAlive({ "Step \(step.id): still waiting to begin, \(LogLine.brief($0))" }) {
                try await Task.sleep(for: step.startDelay)
            }
        }
        try Task.checkCancellation()
        note(.running, of: step.id)
        await log.line(
            "Executing step ID: \(step.id). Timeout(sec): \(step.timeout.components.seconds), "
                + "Working directory: '\(step.workingDirectory ?? "")', Network: '\(step.network ?? "")'")
        let start = ContinuousClock.now
        do {
            try await log.keepingAlive({ "Step \(step.id): still running, \(LogLine.brief($0))" }) {
                try await execute(planned)
            }
        } catch {
            if Task.isCancelled {
                note(session.stopsAtOnce ? .interrupted : .failed, of: step.id)
                throw CancellationError()
            }
            guard step.ignoresErrors else {
                note(.failed, of: step.id)
                throw RunFailure(error, step: step.id)
            }
            await log.line(
                "Step ID: \(step.id) encountered an error: \(Self.words(error)), but is set to ignore errors. Continuing..."
            )
        }
        note(.successful(seconds: (ContinuousClock.now - start) / .seconds(1)), of: step.id)
    }

    private static func words(_ error: any Error) -> String {
        RunFailure(error, step: nil).message
    }

    private func execute(_ planned: TaskPlan.Step) async throws {
        let step = planned.step
        switch planned.work {
        case .container(let command):
            let work = ContainerStep(runner: self, step: step, command: command)
            if step.pullsFirst { try await work.pullFirst() }
            try await limited(step) { isOver in try await work.carryOut(isOver: isOver) }
        case .build(let build):
            let work = BuildStep(runner: self, step: step, build: build)
            try await limited(step) { _ in
                try await StepAttempts(step: step, log: self.log).run { _, search in try await work.build(search) }
            }
        case .push(let images):
            try await limited(step) { _ in try await self.push(images, of: step) }
        }
    }

    private func push(_ images: [ImageReference], of step: TaskGraph.Step) async throws {
        for image in images {
            guard let id = self.images.built(image) else {
                throw StepProblem(
                    "no step above built \(image.completed), and only images that the run built can be pushed")
            }
            try await ImagePush(session: session, step: step.id, imageID: id, connectionAttempts: 3)
                .push(image.completed)
        }
    }

    /// Gives `work` the step's time; then it is canceled, and containers of it are killed at once.
    private func limited(
        _ step: TaskGraph.Step,
        _ work: @escaping @Sendable (_ isOver: @escaping @Sendable () -> Bool) async throws -> Void
    ) async throws {
        let deadline = ContinuousClock.now + step.timeout
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
            throw StepProblem("timed out")
        }
    }
}
