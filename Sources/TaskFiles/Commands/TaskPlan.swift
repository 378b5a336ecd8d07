public import TaskModel

/// A task ready to be carried out: every command is read, and the pool's policy denies nothing in it.
public struct TaskPlan: Sendable {
    public struct Step: Sendable {
        public enum Work: Sendable {
            case container(ContainerCommand)
            case shell(ShellCommand)
            case build(BuildCommand)
            case push([ImageReference])
        }

        public let step: TaskGraph.Step
        public let work: Work
        /// What the policy had to give for it.
        public let needs: [StepNeed]

        public var id: String { step.id }

        /// Whether nobody waits for its end.
        public var isDetached: Bool {
            if case .container(let command) = work { command.isDetached } else { step.isDetached }
        }
    }

    /// In the order of the file.
    public let steps: [Step]
    public let networks: [TaskFile.Network]
    public let volumes: [TaskVolume]
    /// What the policy had to give for all of it.
    public let needs: [StepNeed]

    /// - Parameter sharedVolume: the name that the volume behind the workspace has for the task (`.Run.SharedVolume`).
    /// - Throws: ``TaskFileError`` of the stage `command`.
    public init(_ graph: TaskGraph, policy: PoolPolicy, sharedVolume: String) throws(TaskFileError) {
        networks = graph.networks
        volumes = graph.volumes
        var needs: [StepNeed] = []
        for network in graph.networks { needs += try Self.needs(of: network, policy) }
        let reader = StepReader(
            policy: policy, sharedVolume: sharedVolume, networks: Set(graph.networks.map(\.name)))
        var steps: [Step] = []
        for step in graph.steps {
            let planned = try reader.read(step)
            needs += planned.needs
            steps.append(planned)
        }
        self.steps = steps
        self.needs = needs
    }

    private static func needs(of network: TaskFile.Network, _ policy: PoolPolicy) throws(TaskFileError) -> [StepNeed] {
        if network.name.isEmpty { throw TaskFileError(.commandSyntax, at: network.place, "A network needs a 'name'.") }
        var needs: [StepNeed] = []
        if network.skipCreation {
            needs.append(StepNeed(.hostNetwork, "the existing network '\(network.name)' ('skipCreation')"))
        }
        if !["", "bridge"].contains(network.driver) {
            needs.append(
                StepNeed(
                    .hostNetwork, "the driver '\(network.driver)' of the network '\(network.name)'",
                    alternative: "'bridge' does not"))
        }
        for need in needs where !policy.allowed.contains(need.permission) {
            throw TaskFileError(
                .policyDenied, at: network.place, need.refusal.prefix(1).uppercased() + need.refusal.dropFirst() + ".")
        }
        return needs
    }
}

/// Reads the commands of steps.
private struct StepReader {
    let policy: PoolPolicy
    let sharedVolume: String
    /// The names of the task's networks.
    let networks: Set<String>

    func read(_ step: TaskGraph.Step) throws(TaskFileError) -> TaskPlan.Step {
        for mount in step.mounts where !mount.path.hasPrefix("/") {
            throw TaskFileError(
                .commandSyntax, at: step.place,
                "The volume '\(mount.volume)' of the step '\(step.id)' needs a path that begins with '/'.")
        }
        switch step.action {
        case .command(let text):
            let command: ContainerCommand
            do {
                command = try ContainerCommand(text, of: step, sharedVolume: sharedVolume)
            } catch .needsShell(let reason) {
                return try shell(text, step, reason)
            } catch {
                throw TaskFileError(error, "The command", of: step)
            }
            let needs = command.needs(networks: networks)
            try check(needs, "The command", step)
            return TaskPlan.Step(step: step, work: .container(command), needs: needs)
        case .build(let text): return try build(text, step)
        case .push(let names):
            return TaskPlan.Step(step: step, work: .push(try images(names, of: step, "push")), needs: [])
        }
    }

    private func shell(_ text: String, _ step: TaskGraph.Step, _ reason: String) throws(TaskFileError) -> TaskPlan.Step
    {
        var needs = [
            StepNeed(
                .dockerSocket, "a shell beside the container for \(reason)",
                alternative: "Or have it done in the container: IMAGE sh -c '…'")
        ]
        if step.isPrivileged { needs.append(StepNeed(.privileged, "'privileged'")) }
        if let network = step.network, network != "none", !networks.contains(network) {
            needs.append(StepNeed(.hostNetwork, "the existing network '\(network)'"))
        }
        try check(needs, "The command", step)
        return TaskPlan.Step(
            step: step, work: .shell(ShellCommand(text, of: step, networks: networks, reason: reason)), needs: needs)
    }

    private func build(_ text: String, _ step: TaskGraph.Step) throws(TaskFileError) -> TaskPlan.Step {
        let build: BuildCommand
        do {
            build = try BuildCommand(text, of: step)
        } catch .needsShell(let reason) {
            throw TaskFileError(
                .unsupported("\(reason). Put it into single quotes, or into a variable of a template"), "The build",
                of: step)
        } catch {
            throw TaskFileError(error, "The build", of: step)
        }
        _ = try images(build.tags, of: step, "build")
        let needs = build.needs(of: step)
        try check(needs, "The build", step)
        return TaskPlan.Step(step: step, work: .build(build), needs: needs)
    }

    private func check(_ needs: [StepNeed], _ what: String, _ step: TaskGraph.Step) throws(TaskFileError) {
        for need in needs where !policy.allowed.contains(need.permission) {
            throw TaskFileError(need, what, of: step)
        }
    }

    private func images(_ names: [String], of step: TaskGraph.Step, _ verb: String) throws(TaskFileError)
        -> [ImageReference]
    {
        var images: [ImageReference] = []
        for name in names {
            do {
                images.append(try ImageReference(name))
            } catch {
                throw TaskFileError(
                    .commandSyntax, at: step.place, "The step '\(step.id)' can't \(verb) '\(name)': \(error)")
            }
        }
        return images
    }
}
