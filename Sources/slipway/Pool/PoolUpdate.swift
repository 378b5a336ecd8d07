import ArgumentParser
import ResourceAPI

struct PoolUpdate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Change how many runs of an agent pool go on at once.",
        discussion: "It holds at once. With fewer, runs under way go on to their end.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var pool: PoolName
    @OptionGroup var outputOptions: OutputOptions

    @Option(name: [.customShort("c"), .long], help: "How many runs go on at once; 0: its runs wait.")
    var count: Int

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let changed = try await connection.client.updateAgentPool(
                connection.registry.agentPool(pool.name),
                AgentPoolRequest(properties: AgentPoolProperties(count: count)))
            try Output(outputOptions).write(changed)
        }
    }
}
