import ArgumentParser
import ResourceAPI

struct TaskShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a task, and how its triggers stand.",
        discussion: """
            Below the task are its timers with their next times, the base images that it watches, and where it hears of commits from.
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: TaskReference
    @OptionGroup var outputOptions: OutputOptions

    @Flag(help: "Show its tokens, passwords and secret values too (in -o json), and the secrets of its hooks.")
    var withSecureProperties = false

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let task = try await connection.client.task(
                reference.id(in: connection), revealing: withSecureProperties)
            let output = Output(outputOptions)
            try output.write([task], isList: false)
            output.writeTriggers(of: task)
        }
    }
}
