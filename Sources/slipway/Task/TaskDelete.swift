import ArgumentParser
import ResourceAPI

struct TaskDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a task. Its runs stay.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: TaskReference

    @Flag(name: [.short, .long], help: "Don't ask.")
    var yes = false

    func run() async throws {
        try await reporting {
            guard try await Question.isConfirmed("Delete task \(reference.name)?", unless: yes) else { return }
            let connection = try await connection.connect()
            try await connection.client.deleteTask(reference.id(in: connection))
        }
    }
}
