import ArgumentParser
import TaskFiles
import TaskModel

struct TaskCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Tell whether a task file is right, and what its steps wait for. No server is asked.",
        discussion: """
            Reads the file as an agent does, the commands of its steps too. Where it asks for what a pool must allow, that is told. The \
            exit code is 1 if the file can't be carried out.
            """)

    @OptionGroup var file: LocalTaskFileOptions

    @Option(
        help: ArgumentHelp(
            "What the pool allows, as 'pools[].policy.allow' of the server. Separated by commas.", valueName: "names"))
    var policy = PolicyOption(allowed: Set(StepPermission.allCases))

    @Flag(help: "Write what was read as JSON.")
    var json = false

    func run() async throws {
        try await reporting {
            var local = try file.local()
            local.policy.allowed = policy.allowed
            let report = try await TaskFileReport(local)
            if json {
                Terminal.print(report.json.text())
            } else if report.error == nil {
                for line in report.lines { Terminal.print(line) }
            } else {
                for line in report.errorLines(name: file.path, text: local.text) { Terminal.say(line) }
            }
            if report.error != nil { throw ExitStatus.failed.exitCode }
        }
    }
}

struct TaskRender: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render",
        abstract: "Print a task file with its aliases and templates filled in. No server is asked.")

    @OptionGroup var file: LocalTaskFileOptions

    func run() async throws {
        try await reporting {
            let local = try file.local()
            do {
                Terminal.write(Array(try await local.load().file.rendered.utf8), to: 1)
            } catch let error as TaskFileError {
                let report = TaskFileReport(error: error)
                for line in report.errorLines(name: file.path, text: local.text) { Terminal.say(line) }
                throw ExitStatus.failed.exitCode
            }
        }
    }
}

/// A task file and what it is given.
struct LocalTaskFileOptions: ParsableArguments {
    @Argument(help: "The task file; '-' for standard input.", completion: .file())
    var path: String

    @Option(help: "The folder with files of aliases that the file names.", completion: .directory)
    var context = "."

    @OptionGroup var options: TaskFileOptions

    func local() throws -> LocalTaskFile {
        var file = LocalTaskFile(text: try TaskFileOptions.text(of: path), run: try options.variables())
        file.values = try options.valuesText()
        file.overrides = options.taskValues.map { ($0.name, $0.value.value) }
        file.defaults = options.defaults
        file.secrets = try options.secretStore()
        file.folder = context
        return file
    }
}
