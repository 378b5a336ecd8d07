import ArgumentParser
import ResourceAPI

struct TaskTimer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "timer", abstract: "Timers of a task.",
        subcommands: [TimerAdd.self, TimerList.self, TimerUpdate.self, TimerRemove.self])
}

/// A timer in a table.
private enum TimerRow {
    static let columns = ["NAME", "SCHEDULE", "TIME ZONE", "STATUS"]

    static func cells(of timer: TimerTriggerProperties) -> [String] {
        [timer.name ?? "", timer.schedule ?? "", timer.timeZone ?? "UTC", timer.status ?? ""]
    }
}

extension Output {
    fileprivate func write(timersOf task: TaskResource) throws {
        let timers = task.properties?.trigger?.timerTriggers ?? []
        try write(columns: TimerRow.columns, rows: timers.map(TimerRow.cells(of:)), json: try JSONDocument(of: timers))
    }
}

private func change(of timer: TimerTriggerProperties) -> TaskResource {
    var trigger = TriggerProperties()
    trigger.timerTriggers = [timer]
    var change = TaskResource()
    change.properties = TaskProperties()
    change.properties?.trigger = trigger
    return change
}

struct TimerAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "add", abstract: "Add a timer.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: TaskReference
    @Option(help: "The timer's name.") var timerName: String
    @Option(help: "Five fields, as in '0 21 * * *'.") var schedule: String
    @Option(help: "The zone that the fields are in, as in Europe/Berlin. Default: UTC.") var timeZone: String?
    @Option(help: "Whether it fires: true or false.") var enabled = true
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let timer = TimerTriggerProperties(
                name: timerName, status: enabled ? "Enabled" : "Disabled", schedule: schedule, timeZone: timeZone)
            try Output(outputOptions).write(
                timersOf: try await connection.client.patchTask(reference.id(in: connection), change(of: timer)))
        }
    }
}

struct TimerList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List a task's timers.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: TaskReference
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            try Output(outputOptions).write(
                timersOf: try await connection.client.task(reference.id(in: connection)))
        }
    }
}

struct TimerUpdate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "update", abstract: "Change a timer.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: TaskReference
    @Option(help: "The timer's name.") var timerName: String
    @Option(help: "Five fields, as in '0 21 * * *'.") var schedule: String?
    @Option(help: "The zone that the fields are in, as in Europe/Berlin or UTC.") var timeZone: String?
    @Option(help: "Whether it fires: true or false.") var enabled: Bool?
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let id = reference.id(in: connection)
            let timers = try await connection.client.task(id).properties?.trigger?.timerTriggers ?? []
            guard timers.contains(where: { $0.name == timerName }) else {
                throw CommandError.noTrigger(timerName, task: reference.name)
            }
            let timer = TimerTriggerProperties(
                name: timerName, status: enabled.map { $0 ? "Enabled" : "Disabled" }, schedule: schedule,
                timeZone: timeZone)
            try Output(outputOptions).write(
                timersOf: try await connection.client.patchTask(id, change(of: timer)))
        }
    }
}

struct TimerRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "remove", abstract: "Remove a timer.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: TaskReference
    @Option(help: "The timer's name.") var timerName: String
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let id = reference.id(in: connection)
            var task = try await connection.client.task(id, revealing: true)
            let timers = task.properties?.trigger?.timerTriggers ?? []
            guard timers.contains(where: { $0.name == timerName }) else {
                throw CommandError.noTrigger(timerName, task: reference.name)
            }
            // A list of triggers can't lose one by a PATCH, so the whole task is written, as the Azure CLI does.
            task.properties?.trigger?.timerTriggers = timers.filter { $0.name != timerName }
            try Output(outputOptions).write(timersOf: try await connection.client.putTask(id, task))
        }
    }
}
