import ArgumentParser
import ResourceAPI
import TaskModel

struct PoolDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete an agent pool.",
        discussion: "Its runs under way go on. Queued ones wait until they are cancelled or the pool is made again.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var pool: PoolName

    @Flag(name: [.customShort("y"), .long], help: "Don't ask.")
    var yes = false

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let found = try await connection.client.agentPool(connection.registry.agentPool(pool.name))
            let question = "Delete agent pool \(found.name.escapedForDisplay)?"
            guard try await Question.isConfirmed(question, unless: yes) else { return }
            try await connection.client.deleteAgentPool(connection.registry.agentPool(found.name))
        }
    }
}
