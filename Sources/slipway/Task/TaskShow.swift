import ArgumentParser
import ResourceAPI

struct TaskShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a task.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: TaskReference
    @OptionGroup var outputOptions: OutputOptions

    @Flag(help: "Show its tokens, passwords and secret values too (in -o json).")
    var withSecureProperties = false

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let task = try await connection.client.task(
                reference.id(in: connection), revealing: withSecureProperties)
            try Output(outputOptions).write([task], isList: false)
        }
    }
}
