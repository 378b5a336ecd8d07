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

    private var session: RunSession { runner.session }
    private var client: DockerClient { runner.session.daemon.client }

    /// Pulls the image anew, before the step's time begins.
    func pullFirst() async throws {
        for left in stride(from: step.pullRetries, through: 0, by: -1) {
            do {
                _ = try await runner.images.prepare(command.image, isForced: true, platform: command.platform)
                return
            } catch {
                guard left > 0, !Task.isCancelled else { throw error }
                try await Task.sleep(for: step.pullRetryDelay)
            }
        }
    }

    /// - Parameter isOver: whether the step's time is over, so that nothing of it may go on.
    func carryOut(isOver: @escaping @Sendable () -> Bool) async throws {
        let left = session.left?.container(of: step.id)
        try await StepAttempts(step: step, log: session.log).run(from: left?.attempt ?? 1) { number, search in
            if let left, left.attempt == number, try await goOn(with: left, search, isOver: isOver) { return }
            try await attempt(number, search, isOver: isOver)
        }
    }

    /// Goes on with a container that an earlier process of the agent made.
    ///
    /// - Returns: false if it did not come to make it.
    private func goOn(
        with left: JournalRecord.Container, _ search: OutputSearch, isOver: @escaping @Sendable () -> Bool
    ) async throws -> Bool {
        if let code = left.exitCode {
            session.steps.note(exitCode: code, of: step.id)
            guard code == 0 else { throw ContainerExit(code: code) }
            return true
        }
        var found = left.id
        if found == nil { found = try await client.inspectContainer(left.name)?.id }
        guard let id = found else { return false }
        let running = StepContainer(
            runner: runner, step: step, container: id, children: [],
            adopted: session.adoptedMarks[id] ?? LogMark(container: id), isOver: isOver)
        try await running.carryOut(search)
        await session.log.line("Successfully executed container: \(step.id)")
        return true
    }

    private func attempt(_ number: Int, _ search: OutputSearch, isOver: @escaping @Sendable () -> Bool) async throws {
        await session.log.line("Launching container with name: \(step.id)")
        runner.place.untouched.touch()
        let container = try await make(number)
        session.steps.launch(step.id)
        try await session.journal?.note(.started(step: step.id, attempt: number, id: container, time: BootTime.now))
        let running = StepContainer(runner: runner, step: step, container: container, children: [], isOver: isOver)
        if command.isDetached { try await running.beginDetached() } else { try await running.carryOut(search) }
        await session.log.line("Successfully executed container: \(step.id)")
    }

    // MARK: Making

    private func make(_ number: Int) async throws -> String {
        do {
            let image = try await image()
            let name = runner.place.name("\(runner.names[step.id])-\(number)")
            var settings = settings(image: image)
            if settings.network == nil { settings.network = try await runner.ownNetwork() }
            try await session.journal?.note(.intent(step: step.id, attempt: number, container: name))
            // With '--pull never' nothing is asked for.
            guard command.pull != .never else {
                return try await runner.place.createContainer(named: name, settings, of: step)
            }
            return try await runner.images.using(image, of: command.image, platform: command.platform) { image in
                settings.image = image
                return try await runner.place.createContainer(named: name, settings, of: step)
            }
        } catch let error as DockerError where error.isRefusal {
            throw ContainerExit(code: 125, reason: "\(error)")
        } catch let error as InvalidName {
            throw ContainerExit(code: 125, reason: "\(error)")
        }
    }

    /// What to name its image to the daemon.
    private func image() async throws -> String {
        if command.pull == .never || command.pull == .missing {
            if let present = try await runner.images.present(command.image) { return present }
            guard command.pull == .missing else {
                throw ContainerExit(
                    code: 125, reason: "the daemon has no image \(command.image), and '--pull never' asks for none")
            }
        }
        return try await runner.images.prepare(
            command.image, isForced: command.pull == .always, platform: command.platform)
    }

    private func settings(image: String) -> ContainerSettings {
        let network = command.networking.network
        var settings = ContainerSettings(
            command, image: image, workspaceVolume: runner.place.workspaceVolume, policy: session.assignment.policy)
        settings.labels.merge(runner.place.labels(ofStep: step.id)) { _, ours in ours }
        settings.addMounts(runner.place.mounts(of: step) + runner.place.socketMounts)
        settings.network = network.map { runner.networks[$0] ?? $0 }
        if let network, runner.hasNames(in: network) {
            settings.networkAliases.insert(step.id, at: 0)
        } else {
            settings.networkAliases = []
        }
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
