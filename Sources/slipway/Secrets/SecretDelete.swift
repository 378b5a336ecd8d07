import ArgumentParser
import ResourceAPI
import TaskModel

struct SecretDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a secret with all its versions, or one version.",
        discussion: "Runs that name it fail from then on, queued ones included.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: SecretReference

    @Flag(name: [.customShort("y"), .long], help: "Don't ask.")
    var yes = false

    func run() async throws {
        try await reporting {
            let location = try reference.checked()
            let what = location.version == nil ? " with all its versions" : ""
            guard try await Question.isConfirmed("Delete \(location)\(what)?", unless: yes) else { return }
            let connection = try await connection.connect()
            try await connection.client.deleteSecret(location, in: connection.registry)
        }
    }
}
