public import TaskModel

/// A task ready to be carried out: every command is read, and nothing in it is denied or not supported here.
public struct TaskPlan: Sendable {
    public struct Step: Sendable {
        public enum Work: Sendable {
            case container(ContainerCommand)
            case build(BuildCommand)
            case push([ImageReference])
        }

        public let step: TaskGraph.Step
        public let work: Work

        public var id: String { step.id }
    }

    /// In the order of the file.
    public let steps: [Step]
    public let networks: [TaskFile.Network]
    public let volumes: [TaskVolume]

    /// - Throws: ``TaskFileError`` of the stage `command`.
    public init(_ graph: TaskGraph) throws(TaskFileError) {
        networks = graph.networks
        volumes = graph.volumes
        for network in graph.networks { try Self.check(network) }
        var steps: [Step] = []
        for step in graph.steps {
            for mount in step.mounts where !mount.path.hasPrefix("/") {
                throw TaskFileError(
                    .commandSyntax, at: step.place,
                    "The volume '\(mount.volume)' of the step '\(step.id)' needs a path that begins with '/'.")
            }
            steps.append(Step(step: step, work: try Self.work(of: step, in: graph)))
        }
        self.steps = steps
    }

    private static func work(of step: TaskGraph.Step, in graph: TaskGraph) throws(TaskFileError) -> Step.Work {
        switch step.action {
        case .command(let text):
            let command = try ContainerCommand(text, of: step)
            if let network = command.network, network != "none", !graph.networks.contains(where: { $0.name == network })
            {
                throw TaskFileError(
                    .policyDenied, at: step.place,
                    "The network '\(network)' of the step '\(step.id)' is none of the file's 'networks'; those of the "
                        + "host are denied by the policy of the agent pool.")
            }
            return .container(command)
        case .build(let text):
            guard !step.isDetached else {
                throw TaskFileError(
                    .commandUnsupported, at: step.place,
                    "'detach' of the build step '\(step.id)' is not supported here yet.")
            }
            let build = try BuildCommand(text, of: step)
            _ = try images(build.tags, of: step, "build")
            if let platform = build.platform, Platform(platform) == nil {
                throw TaskFileError(
                    .commandSyntax, at: step.place,
                    "The step '\(step.id)' can't build for '\(platform)'. Write linux/amd64 or linux/arm64.")
            }
            return .build(build)
        case .push(let names):
            return .push(try images(names, of: step, "push"))
        }
    }

    private static func images(_ names: [String], of step: TaskGraph.Step, _ verb: String) throws(TaskFileError)
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

    private static func check(_ network: TaskFile.Network) throws(TaskFileError) {
        if network.name.isEmpty { throw TaskFileError(.commandSyntax, "A network needs a 'name'.") }
        if network.skipCreation {
            throw TaskFileError(
                .policyDenied,
                "The network '\(network.name)' is not of this task ('skipCreation'); networks of the host are denied by "
                    + "the policy of the agent pool.")
        }
        guard ["", "bridge"].contains(network.driver) else {
            throw TaskFileError(
                .policyDenied,
                "The driver '\(network.driver)' of the network '\(network.name)' is denied by the policy of the agent "
                    + "pool; 'bridge' is not.")
        }
    }
}
