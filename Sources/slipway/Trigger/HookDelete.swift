import ArgumentParser
import ResourceAPI

struct HookDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a hook: what calls it is refused from then on.")

    @OptionGroup var connection: ConnectionOptions

    @OptionGroup var reference: HookReference

    @Flag(name: [.customShort("y"), .long], help: "Don't ask.")
    var yes = false

    func run() async throws {
        try await reporting {
            guard try await Question.isConfirmed("Delete the hook \(reference.name)?", unless: yes) else { return }
            let connection = try await connection.connect()
            try await connection.client.deleteRegistryHook(reference.name, in: connection.registry)
        }
    }
}
