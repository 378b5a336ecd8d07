import ArgumentParser
import ResourceAPI

struct TaskList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List tasks.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            try Output(outputOptions).write(
                try await connection.client.tasks(in: connection.registry), isList: true)
        }
    }
}
