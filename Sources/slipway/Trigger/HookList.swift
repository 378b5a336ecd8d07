import ArgumentParser
import ResourceAPI

struct HookList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the hooks that registries call. Secrets are not shown.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            try HookOutput(outputOptions).write(try await connection.client.registryHooks(in: connection.registry))
        }
    }
}
