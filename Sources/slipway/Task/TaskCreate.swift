import ArgumentParser
import ResourceAPI
import TaskModel

struct TaskCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a task, or replace the one of that name.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: TaskReference
    @OptionGroup(title: "What it does") var step: StepOptions
    @OptionGroup(title: "How and when") var task: TaskOptions
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let timeout = task.timeout ?? TaskDefinition.standardTimeoutSeconds
            var resource = TaskResource()
            var properties = task.properties()
            properties.status = properties.status ?? "Enabled"
            properties.timeout = timeout
            properties.step = try step.step(timeout: timeout)
            var trigger = TriggerProperties()
            trigger.baseImageTrigger = task.baseImageTrigger(isNew: true)
            trigger.timerTriggers = task.timers.isEmpty ? nil : task.timers
            trigger.sourceTriggers = task.sourceTrigger(
                context: step.context ?? "", token: properties.step?.contextAccessToken
            ).map { [$0] }
            properties.trigger = trigger
            resource.properties = properties

            let connection = try await connection.connect()
            let created = try await connection.client.putTask(reference.id(in: connection), resource)
            let output = Output(outputOptions)
            try output.write([created], isList: false)
            output.writeTriggers(of: created)
        }
    }
}
