import ArgumentParser
import Foundation
import ResourceAPI
import TaskFiles
import TaskModel

struct TaskApply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Make and change tasks to be as a YAML file says.",
        discussion: """
            The file says all of a task: what is not in it gets its default (but a token that the task has stays), so applying it \
            again changes nothing. Several tasks are \
            separated by '---'. Secrets do not stand in it: {env: NAME} takes a variable of the environment, {file: PATH} a file. All \
            tasks are read before the first is written. 'slipway task export' writes a task in this form.

            name: hello
            context: https://git.example.com/team/hello.git#main:app
            token: {env: GIT_TOKEN}        # fetches the context, and is the triggers'
            file: Dockerfile               # or a task file, as in slipway.yaml
            images: ['hello:{{.Run.ID}}', 'hello:latest']
            args: {VERSION: '2'}
            secretArgs: {NPM_TOKEN: {env: NPM_TOKEN}}
            triggers:
              commits: {branches: [main, 'release/**', '!release/old'], tags: ['v*'], paths: ['src/**', '!**/*.md']}
              pullRequests: {branches: [main], forks: restricted}
              timers: [{name: nightly, schedule: '0 3 * * *', timeZone: Europe/Berlin}]
              baseImages: Runtime          # or All, or false

            For an image also: push, noCache, target. For a task file: values, secretValues, valuesFile, and taskFilePath in place \
            of file where its name has no such ending. In place of 'file' a task file \
            may stand here: 'cmd: COMMAND', 'steps:' with its steps, or 'taskFile: |' with all its text and 'valuesText: |'.
            Of any task: platform, cpu, timeout (seconds), agentPool, logTemplate, status (Enabled, Disabled), tags, identities, \
            queue {priority, concurrency, supersede, retryOnAgentLoss}, authMode (Default, None), authIdentity, \
            credentials {HOST: {username, password, identity}}, where username and password may be {vault: URL}.
            Of commits and pullRequests, which may also be true: branches, paths, contextFolderOnly, ignoreSkipMarks, reportStatus, \
            enabled, name, repository, token; of commits tags, of pullRequests forks (none, restricted).
            """)

    @OptionGroup var connection: ConnectionOptions

    @Option(
        name: [.short, .long], help: "The file; '-' for standard input. Give it again for more.", completion: .file())
    var file: [String]

    @Flag(help: "Write nothing, and show what would change.")
    var dryRun = false

    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let tasks = try file.flatMap(tasks(in:))
            for (index, task) in tasks.enumerated() where tasks[..<index].contains(where: { $0.isNamed(as: task) }) {
                throw CommandError.declaredTwice(task.name)
            }
            let connection = try await connection.connect()
            var reports: [(report: TaskChangeReport, task: TaskResource)] = []
            for task in tasks { reports.append((try await report(on: task, in: connection), task.resource)) }
            for (report, task) in reports where !dryRun && report.result != .unchanged {
                _ = try await connection.client.putTask(connection.registry.child("tasks", report.name), task)
            }
            try write(reports.map(\.report))
        }
    }

    private struct DeclaredTask {
        let name: String
        let resource: TaskResource
        /// Where it stands: `FILE:LINE`.
        let place: String

        func isNamed(as other: Self) -> Bool { name.lowercased() == other.name.lowercased() }
    }

    private func tasks(in file: String) throws -> [DeclaredTask] {
        let shown = file == "-" ? "standard input" : file
        let declarations: [TaskDeclaration]
        do {
            declarations = try TaskDeclaration.all(in: try TaskFileOptions.text(of: file))
        } catch let error as TaskDeclarationError {
            throw CommandError.invalidDeclaration(file: shown, error)
        } catch let error as TaskFileError {
            throw CommandError.unreadable(file: shown, reason: error.reason)
        }
        let folder = file == "-" ? "." : URL(filePath: file).deletingLastPathComponent().path
        let texts = DeclaredTexts(folder: folder)
        return try declarations.map {
            DeclaredTask(
                name: $0.name, resource: try TaskResource($0, texts: texts), place: "\(shown):\($0.place.line)")
        }
    }

    private func report(on task: DeclaredTask, in connection: Connection) async throws -> TaskChangeReport {
        let id = connection.registry.child("tasks", task.name)
        let shown: TaskResource?
        do {
            shown = try await connection.client.task(id)
        } catch let error as ResourceError where error.isNotFound {
            shown = nil
        }
        let details = shown == nil ? nil : try await connection.client.task(id, revealing: true)
        do {
            return try TaskChangeReport(
                task.resource, named: task.name, shown: shown, details: details, in: connection.registry)
        } catch let error as InvalidRequest {
            throw CommandError.refusedDeclaration(place: task.place, task: task.name, error)
        }
    }

    private func write(_ reports: [TaskChangeReport]) throws {
        let output = Output(outputOptions)
        if dryRun, output.format == .table {
            for report in reports {
                Terminal.print("\(report.name): \(report.result.rawValue)")
                for line in report.lines { Terminal.print(line.escapedForDisplay) }
            }
            return
        }
        try output.write(
            columns: ["NAME", "RESULT"], rows: reports.map { [$0.name, $0.result.rawValue] },
            json: .list(reports.map(\.json)))
    }
}
