import ArgumentParser
import ResourceAPI

struct HookShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a hook; with its secret to those who may see the secrets of tasks.")

    @OptionGroup var connection: ConnectionOptions

    @OptionGroup var reference: HookReference

    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            try HookOutput(outputOptions).write(
                try await connection.client.registryHook(reference.name, in: connection.registry))
        }
    }
}
