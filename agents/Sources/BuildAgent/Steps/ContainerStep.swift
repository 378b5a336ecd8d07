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
    static let maxProcesses: Int64 = 4_096

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
        runner.place.untouched.touch()
        let container = try await make(number)
        session.steps.launch(step.id)
        let running = StepContainer(runner: runner, step: step, container: container, children: [], isOver: isOver)
        if command.isDetached { try await running.beginDetached() } else { try await running.carryOut(search) }
        await session.log.line("Successfully executed container: \(step.id)")
    }

    // MARK: Making

    private func make(_ number: Int) async throws -> String {
        do {
            let image = try await runner.images.prepare(command.image, isForced: false)
            let name = try await runner.place.containerName(of: step, runner.names[step.id], number)
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
        settings.hostMounts = runner.place.socketMounts
        if let network = command.networking.network {
            settings.network = runner.networks[network] ?? network
            if runner.hasNames(in: network) {
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
}

extension DockerError {
    /// Whether the daemon or a registry said no, as opposed to a daemon that does not work.
    var isRefusal: Bool {
        switch self {
        case .refused(_, let status, _): status < 500
        case .pull: true
        default: false
        }
    }
}
