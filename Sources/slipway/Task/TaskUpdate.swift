import ArgumentParser
import ResourceAPI
import TaskModel

struct TaskUpdate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Change a task. What is not named stays as it is.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: TaskReference
    @OptionGroup(title: "What it does") var step: StepOptions
    @OptionGroup(title: "How and when") var task: TaskOptions
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let id = reference.id(in: connection)
            let stored = try await connection.client.task(id)
            var change = TaskResource()
            var properties = task.properties()
            let step = try step.change(timeout: task.timeout, of: stored.properties?.step)
            if step != TaskStepProperties() { properties.step = step }
            var trigger = TriggerProperties()
            trigger.baseImageTrigger = task.baseImageTrigger(isNew: false)
            trigger.timerTriggers = task.timers.isEmpty ? nil : task.timers
            trigger.sourceTriggers = sourceTrigger(stored.properties).map { [$0] }
            if trigger != TriggerProperties() { properties.trigger = trigger }
            change.properties = properties
            let updated = try await connection.client.patchTask(id, change)
            try Output(outputOptions).write([updated], isList: false)
        }
    }

    /// The change of the source trigger: its events, its token, or a new one.
    private func sourceTrigger(_ stored: TaskProperties?) -> SourceTriggerProperties? {
        let token = (try? step.token()) ?? nil  // an unreadable one was refused with the step
        guard
            task.commitTriggerEnabled != nil || task.pullRequestTriggerEnabled != nil || token != nil
                || task.filter.properties != nil
        else { return nil }
        let known = stored?.trigger?.sourceTriggers?.first
        var options = task
        let events = known?.sourceTriggerEvents ?? []
        options.commitTriggerEnabled = task.commitTriggerEnabled ?? events.contains("commit")
        options.pullRequestTriggerEnabled = task.pullRequestTriggerEnabled ?? events.contains("pullrequest")
        let context = step.context ?? known?.sourceRepository?.repositoryUrl ?? stored?.step?.contextPath ?? ""
        var trigger = options.sourceTrigger(context: context, token: token)
        if trigger == nil, let known {
            trigger = SourceTriggerProperties()
            trigger?.status = "Disabled"
            trigger?.sourceTriggerEvents = []
            trigger?.name = known.name
        }
        if let name = known?.name { trigger?.name = name }
        return trigger
    }
}
