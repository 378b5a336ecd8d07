import AgentProtocol
import DockerEngine
import TaskFiles
import TaskModel

/// A `cmd` step whose line needs a shell: the line runs in a container with the docker client, the workspace, the home
/// and the daemon's socket, and the step's own containers are begun by that client. Nothing of the agent is in it.
struct ShellStep: Sendable {
    let runner: StepRunner
    let step: TaskGraph.Step
    let command: ShellCommand

    private var session: RunSession { runner.session }
    private var client: DockerClient { runner.session.daemon.client }
    private var image: String { session.assignment.taskFiles.shellImage }

    /// - Parameter isOver: whether the step's time is over, so that nothing of it may go on.
    func carryOut(isOver: @escaping @Sendable () -> Bool) async throws {
        try await StepAttempts(step: step, log: session.log).run { number, search in
            await session.log.line("Launching container with name: \(step.id)")
            runner.place.untouched.touch()
            let container = try await make(number)
            session.steps.launch(step.id)
            try await session.journal?.note(.started(step: step.id, attempt: number, id: container, time: BootTime.now))
            let children = labels(number).map { "\($0.key)=\($0.value)" }
            try await StepContainer(
                runner: runner, step: step, container: container, children: children,
                // One that is begun with --detach goes on; the line itself ends at once.
                keepsChildren: step.isDetached || step.isKept, isOver: isOver
            ).carryOut(search)
            if step.isDetached || step.isKept {
                for child in try await client.containers(labels: children) {
                    await runner.place.rename(child.id, after: step)
                }
            }
            await session.log.line("Successfully executed container: \(step.id)")
        }
    }

    private func make(_ number: Int) async throws -> String {
        do {
            let prepared = try await runner.images.prepare(image, isForced: false)
            var settings = ContainerSettings(image: prepared)
            settings.entryPoint = ["sh"]
            settings.command = ["-c", command.script(runOptions: runOptions(number))]
            settings.environment = ["HOME=\(ContainerCommand.home)"]
            settings.workingDirectory = ContainerCommand.workspace
            settings.labels = runner.place.labels(ofStep: step.id)
            settings.mounts = runner.place.mounts(of: step) + runner.place.socketMounts
            settings.network = command.network.map { runner.networks[$0] ?? $0 }
            settings.limits.pids = ContainerSettings.maxProcesses
            let name = runner.place.name("\(runner.names[step.id])-shell-\(number)")
            try await session.journal?.note(.intent(step: step.id, attempt: number, container: name))
            return try await runner.images.using(prepared, of: image) { image in
                settings.image = image
                return try await Shield.finish { [client, settings] in
                    try await client.createContainer(name, settings)
                }
            }
        } catch let error as DockerError where error.isRefusal {
            throw ContainerExit(
                code: 125,
                reason: "\(error) The line needs a shell, which runs in the image '\(image)': the setting "
                    + "steps.shellImage of the server, or --shell-image, names another with sh and the docker client.")
        } catch let error as InvalidName {
            throw ContainerExit(code: 125, reason: "\(error)")
        }
    }

    /// Of the containers that this attempt begins.
    private func labels(_ number: Int) -> [String: String] {
        runner.place.labels(ofStep: step.id).merging([RunLabels.attempt: "\(number)"]) { _, attempt in attempt }
    }

    /// What the step's container has without that its line says so.
    private func runOptions(_ number: Int) -> [String] {
        var options = ["--name", runner.place.name("\(runner.names[step.id])-\(number)")]
        for (name, value) in labels(number).sorted(by: { $0.key < $1.key }) {
            options += ["--label", "\(name)=\(value)"]
        }
        for mount in runner.place.mounts(of: step) {
            guard case .volume(let name) = mount.source else { continue }
            options += ["--volume", "\(name):\(mount.path)"]
        }
        options += ["--volume", "\(client.socketPath):\(RunPlace.socketPath)"]
        if let network = command.network {
            options += ["--network", runner.networks[network] ?? network]
            if runner.hasNames(in: network) { options += ["--network-alias", step.id] }
        }
        if let folder = command.workingDirectory { options += ["--workdir", folder] }
        options += ["--pids-limit", "\(ContainerSettings.maxProcesses)"]
        let policy = session.assignment.policy
        if let memory = policy.stepMemory { options += ["--memory", "\(memory)"] }
        if let processors = policy.stepNanoCPUs { options += ["--cpus", "\(Double(processors) / 1e9)"] }
        if policy.noNewPrivileges { options += ["--security-opt", "no-new-privileges"] }
        if step.pullsFirst { options += ["--pull", "always"] }
        if step.isDetached { options.append("--detach") }
        return options
    }
}
