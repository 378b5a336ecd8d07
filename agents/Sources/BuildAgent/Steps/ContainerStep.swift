import AgentProtocol
import Contexts
import Distribution
import DockerEngine
import TaskFiles
import TaskModel

/// A `cmd` step: its containers, one for each attempt.
struct ContainerStep: Sendable {
    let runner: StepRunner
    let step: TaskGraph.Step
    let command: ContainerCommand

    /// The most processes of a step.
    private static let maxProcesses: Int64 = 4_096

    private var session: RunSession { runner.session }
    private var client: DockerClient { runner.session.daemon.client }

    /// Pulls the image anew, before the step's time begins.
    func pullFirst() async throws {
        for left in stride(from: step.pullRetries, through: 0, by: -1) {
            do {
                _ = try await runner.images.prepare(command.image, isForced: true)
                return
            } catch {
                guard left > 0, !Task.isCancelled else { throw error }
                try await Task.sleep(for: step.pullRetryDelay)
            }
        }
    }

    /// - Parameter isOver: whether the step's time is over, so that nothing of it may go on.
    func carryOut(isOver: @escaping @Sendable () -> Bool) async throws {
        try await StepAttempts(step: step, log: session.log).run { number, search in
            try await attempt(number, search, isOver: isOver)
        }
    }

    private func attempt(_ number: Int, _ search: OutputSearch, isOver: @escaping @Sendable () -> Bool) async throws {
        await session.log.line("Launching container with name: \(step.id)")
        let container = try await make(number)
        session.steps.launch(step.id)
        if command.isDetached {
            try await beginDetached(container)
        } else {
            try await follow(container, search, isOver: isOver)
        }
        await session.log.line("Successfully executed container: \(step.id)")
    }

    // MARK: Making

    private func make(_ number: Int) async throws -> String {
        do {
            let image = try await runner.images.prepare(command.image, isForced: false)
            let name = runner.place.name("\(runner.names[step.id])-\(number)")
            let settings = settings(image: image)
            return try await Shield.finish { [client] in try await client.createContainer(name, settings) }
        } catch let error as DockerError where error.isRefusal {
            throw ContainerExit(code: 125, reason: "\(error)")
        } catch let error as InvalidName {
            throw ContainerExit(code: 125, reason: "\(error)")
        }
    }

    private func settings(image: String) -> ContainerSettings {
        var settings = ContainerSettings(image: image)
        settings.entryPoint = command.entryPoint.map { [$0] }
        settings.command = command.arguments
        settings.environment = command.environment
        settings.workingDirectory = command.workingDirectory
        settings.user = command.user
        settings.hostname = command.hostname
        settings.labels = command.labels.merging(runner.place.labels(ofStep: step.id)) { _, ours in ours }
        settings.mounts = runner.place.mounts(of: step)
        if let network = command.networking.network {
            settings.network = runner.networks[network] ?? network
            if runner.networks[network] != nil, runner.hasNames {
                settings.networkAliases = [step.id] + command.networking.aliases
            }
        }
        settings.exposedPorts = command.networking.exposedPorts.map { ContainerPort($0.port, transport: $0.transport) }
        settings.publishedPorts = command.networking.publishedPorts.map {
            PublishedPort(
                ContainerPort($0.port, transport: $0.transport), address: $0.address, hostPort: $0.hostPort)
        }
        settings.extraHosts = command.networking.extraHosts
        settings.droppedCapabilities = command.access.droppedCapabilities
        settings.nanoCPUs = command.resources.nanoCPUs ?? 0
        settings.memory = command.resources.memory ?? 0
        let processes = command.resources.pidsLimit ?? 0
        settings.pidsLimit = processes > 0 ? min(processes, Self.maxProcesses) : Self.maxProcesses
        settings.hasReadOnlyRoot = command.hasReadOnlyRoot
        settings.hasInit = command.hasInit
        return settings
    }

    private func start(_ container: String) async throws {
        do {
            try await client.startContainer(container)
        } catch DockerError.refused(_, _, let message) {
            let code = message.contains("permission denied") ? 126 : message.isAboutProgram ? 127 : 125
            throw ContainerExit(code: code, reason: message)
        }
    }

    // MARK: Following

    /// Starts a container that nobody waits for. What it prints comes into the log until the run's steps are over; its
    /// exit code counts for nothing.
    private func beginDetached(_ container: String) async throws {
        let (started, signal) = AsyncThrowingStream<Void, any Error>.makeStream()
        runner.detached.add {
            do {
                _ = try await exitCode(of: container, OutputSearch([]), isOver: { false }) { signal.yield() }
                signal.finish()
            } catch {
                signal.finish(throwing: error)
            }
        }
        var isStarted = false
        for try await _ in started {
            isStarted = true
            break
        }
        guard isStarted else { throw CancellationError() }
    }

    private func follow(
        _ container: String, _ search: OutputSearch, isOver: @escaping @Sendable () -> Bool
    ) async throws {
        let code: Int
        do {
            code = try await exitCode(of: container, search, isOver: isOver) {}
        } catch {
            await remove(container)
            throw error
        }
        session.steps.note(exitCode: code, of: step.id)
        // Looked up before it is gone; unknown counts as no.
        let isOutOfMemory =
            code == 137 ? (try? await client.inspectContainer(container))??.isOutOfMemory ?? false : false
        if !step.isKept { await remove(container) }
        try Task.checkCancellation()
        guard code == 0 else {
            throw ContainerExit(
                code: code, reason: isOutOfMemory ? "it was killed, since it took more memory than there is" : nil)
        }
    }

    /// Starts a container and follows it to its end. When the task is canceled it is stopped, and its last output still
    /// comes.
    private func exitCode(
        of container: String, _ search: OutputSearch, isOver: @escaping @Sendable () -> Bool,
        whenStarted: @escaping @Sendable () -> Void
    ) async throws -> Int {
        try await session.log.withOutput(of: step.id, isShared: runner.isShared(step)) { log in
            try await Shield.carryOut {
                try await client.follow(
                    container,
                    whenAttached: {
                        try await start(container)
                        whenStarted()
                    },
                    output: { piece in
                        search.add(piece.bytes)
                        await log.write(piece.bytes)
                    })
                return try await client.waitForContainer(container)
            } onCancel: {
                // A container that is about to start can't be stopped yet, and a call may fail: until it has ended.
                while !Task.isCancelled {
                    await runner.stop(container, atOnce: session.stopsAtOnce || isOver())
                    try? await Task.sleep(for: .milliseconds(500))  // canceled: it has ended
                }
            }
        }
    }

    /// In its own task, so that it happens also when the step was canceled.
    private func remove(_ container: String) async {
        await Task { [session] in
            await session.daemon.removeContainer(container, logger: session.logger)
        }.value
    }
}

extension DockerError {
    /// Whether the daemon or a registry said no, as opposed to a daemon that does not work.
    fileprivate var isRefusal: Bool {
        switch self {
        case .refused(_, let status, _): status < 500
        case .pull: true
        default: false
        }
    }
}

extension String {
    /// Whether the daemon says that a container's program is not there.
    fileprivate var isAboutProgram: Bool {
        contains("executable file not found") || contains("no such file or directory")
    }
}
