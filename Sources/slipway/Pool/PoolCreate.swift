import ArgumentParser
import ResourceAPI
import TaskModel

struct PoolCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make an agent pool.",
        discussion: """
            The pool's runs go to the Docker daemon of the first pool in the server's configuration, under the same policy. A pool of that \
            name that the registry has already is changed.
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var pool: PoolName
    @OptionGroup var outputOptions: OutputOptions

    @Option(name: [.customShort("c"), .long], help: "How many runs go on at once; 0: its runs wait.")
    var count = 1

    @Option(
        help: "What each agent is said to have: \(Self.tiers).", completion: .list(PoolTier.allCases.map(\.rawValue)))
    var tier = PoolTier.s1.rawValue

    @Option(help: "The id of a subnet. It is kept and shown, and has no other effect.")
    var subnetID: String?

    private static var tiers: String {
        PoolTier.allCases.map { "\($0.rawValue) (\($0.processors) CPU, \($0.memory) GB)" }.joined(separator: ", ")
    }

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let properties = AgentPoolProperties(
                count: count, tier: tier, os: "Linux", virtualNetworkSubnetResourceId: subnetID)
            let made = try await connection.client.putAgentPool(
                connection.registry.agentPool(pool.name), AgentPoolRequest(properties: properties))
            try Output(outputOptions).write(made)
        }
    }
}
