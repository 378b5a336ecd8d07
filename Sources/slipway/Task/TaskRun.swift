import ArgumentParser
import Contexts
import ResourceAPI

struct TaskRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a task now, with other settings for this run if need be.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: TaskReference

    @Option(name: [.short, .long], help: "Another context: what 'slipway build' takes.")
    var context: String?

    @Option(name: [.short, .long], help: "Another Dockerfile or task file of the context.")
    var file: String?

    @Option(name: .customLong("arg"), help: "A build argument NAME=VALUE; NAME alone takes it from the environment.")
    var arguments: [String] = []

    @Option(name: .customLong("secret-arg"), help: "As --arg, masked in the log.")
    var secretArguments: [String] = []

    @Option(name: .customLong("set"), help: "A value NAME=VALUE for the task file's templates.")
    var values: [String] = []

    @Option(name: .customLong("set-secret"), help: "As --set, masked in the log.")
    var secretValues: [String] = []

    @Option(help: "Another stage of the Dockerfile.")
    var target: String?

    @Option(help: "Another agent pool.")
    var agentPool: String?

    @Option(help: "Where the log goes as an artifact.")
    var logTemplate: String?

    @OptionGroup var queue: QueueOptions
    @OptionGroup var following: FollowOptions

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            var step = OverrideTaskStepProperties()
            step.file = file
            step.target = target
            step.arguments =
                arguments.map { ArgumentProperties(.argument, typed: $0, isSecret: false) }
                + secretArguments.map { ArgumentProperties(.argument, typed: $0, isSecret: true) }
            step.values =
                values.map { ArgumentProperties(.setValue, typed: $0, isSecret: false) }
                + secretValues.map { ArgumentProperties(.setValue, typed: $0, isSecret: true) }
            if let context {
                step.contextPath = try await BuildContext(
                    context, dockerfile: .ifPresent, includesGit: false, latestTime: nil
                ).hand(to: connection).location
            }
            var request = TaskRunRequest()
            request.taskId = reference.id(in: connection).description
            request.agentPoolName = agentPool
            request.queue = queue.properties
            request.logTemplate = logTemplate
            request.overrideTaskStepProperties = step
            try await following.follow(.taskRun(request), kind: "run", in: connection)
        }
    }
}
