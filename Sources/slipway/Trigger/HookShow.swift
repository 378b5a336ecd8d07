import ArgumentParser
import ResourceAPI

struct HookShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a hook with its secret, which those see who may write tasks.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The hook's name.")
    var name: String

    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            try HookOutput(outputOptions).write(
                try await connection.client.registryHook(name, in: connection.registry))
        }
    }
}
