import ArgumentParser
import ResourceAPI

struct SecretList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List secrets with their versions, newest first. Values are not shown.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            try SecretOutput(outputOptions).write(try await connection.client.secrets(in: connection.registry))
        }
    }
}
