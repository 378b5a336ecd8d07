import ArgumentParser
import TaskFiles
import TaskModel

struct TaskCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Tell whether a task file is right, and what its steps wait for. No server is asked.",
        discussion: """
            Reads the file as an agent does, the commands of its steps too. Where it asks for what a pool must allow, that is told. The \
            exit code is 1 if the file can't be carried out. Without --secrets something stands for the secrets of the \
            file. Secret values are shown as ***.
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
            let (report, text) = try await file.report { local in
                local.policy.allowed = policy.allowed
                if file.options.secretsFile == nil { local.assumedSecret = Secret("secret") }
            }
            if json {
                Terminal.print(report.json.text())
            } else if report.error == nil {
                for line in report.lines { Terminal.print(line) }
            } else {
                for line in report.errorLines(name: file.path, text: text) { Terminal.say(line) }
            }
            if report.error != nil { throw ExitStatus.failed.exitCode }
        }
    }
}

struct TaskRender: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render",
        abstract: "Print a task file with its aliases and templates filled in. No server is asked.",
        discussion: """
            Also a file that is not right then is printed; what is wrong follows on standard error, and the exit code is 1. Secret \
            values are shown as ***.
            """)

    @OptionGroup var file: LocalTaskFileOptions

    func run() async throws {
        try await reporting {
            let (report, text) = try await file.report()
            if let rendered = report.rendered { Terminal.write(Array(rendered.utf8), to: 1) }
            // Whether its commands can be carried out is another question.
            guard let error = report.error, error.code.stage != .command else { return }
            for line in report.errorLines(name: file.path, text: text) { Terminal.say(line) }
            throw ExitStatus.failed.exitCode
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

    /// - Parameter change: what else is to be known of the file.
    /// - Returns: what it came to, and its text.
    func report(_ change: (inout LocalTaskFile) -> Void = { _ in }) async throws -> (TaskFileReport, text: String) {
        do {
            var local = try local()
            change(&local)
            return (try await TaskFileReport(local), local.text)
        } catch let error as TaskFileError {
            return (TaskFileReport(error: error), "")
        }
    }

    private func local() throws -> LocalTaskFile {
        var file = LocalTaskFile(text: try TaskFileOptions.text(of: path), run: try options.variables())
        file.values = try options.valuesText()
        let values = options.taskValues
        file.overrides = values.map { ($0.name, $0.value.value) }
        file.defaults = options.defaults
        file.secrets = try options.secretStore()
        file.mask = SecretMask(values.filter(\.isSecret).map(\.value) + file.secrets.values)
        file.folder = context
        return file
    }
}
