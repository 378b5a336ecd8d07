import ArgumentParser
import ResourceAPI

/// `slipway task`.
struct TaskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task",
        abstract: "Tasks: what to build or run again and again.",
        subcommands: [
            TaskCreate.self, TaskList.self, TaskShow.self, TaskUpdate.self, TaskDelete.self, TaskRun.self,
            TaskApply.self, TaskExport.self, TaskTimer.self, TaskCredential.self, TaskCheck.self, TaskRender.self,
        ])
}

/// Names a task.
struct TaskReference: ParsableArguments {
    @Option(name: [.short, .long], help: "The task's name.")
    var name: String

    func id(in connection: Connection) -> ResourceID { connection.registry.child("tasks", name) }
}

/// A task in a table, with the columns of `az acr task list`.
enum TaskRow {
    static let columns = ["NAME", "PLATFORM", "STATUS", "SOURCE REPOSITORY", "TRIGGERS"]

    static func cells(of task: TaskResource) -> [String] {
        let properties = task.properties ?? TaskProperties()
        return [
            task.name ?? "", properties.platform?.os ?? "", properties.status ?? "",
            properties.step?.contextPath ?? "", triggers(of: properties).joined(separator: ", "),
        ]
    }

    private static func triggers(of task: TaskProperties) -> [String] {
        var names: [String] = []
        if task.trigger?.sourceTriggers?.first?.status == "Enabled" { names.append("SOURCE") }
        if task.trigger?.timerTriggers?.contains(where: { $0.status == "Enabled" }) == true { names.append("TIMER") }
        if task.trigger?.baseImageTrigger?.status == "Enabled" { names.append("BASE_IMAGE") }
        return names
    }
}

extension Output {
    /// Below the table of a task.
    func writeTriggers(of task: TaskResource) {
        guard format == .table, let tables = task.properties.flatMap(TriggerTables.init) else { return }
        Terminal.write(Array(("\n" + tables.text(isColored: isColored)).utf8), to: 1)
    }

    func write(_ tasks: [TaskResource], isList: Bool) throws {
        try write(
            columns: TaskRow.columns, rows: tasks.map(TaskRow.cells(of:)),
            json: isList
                ? .list(try tasks.map { try JSONDocument(flattening: $0) })
                : try tasks.first.map { try JSONDocument(flattening: $0) } ?? .null)
    }
}
