import ArgumentParser
import ResourceAPI
import TaskModel

struct PoolAgents: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agents", abstract: "List the agents of a pool, or of all, and how they are.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var outputOptions: OutputOptions

    @Option(name: [.customShort("n"), .long], help: "The pool's name. Default: all of them.")
    var name: String?

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            var agents: [AgentResource] = []
            for pool in try await connection.pools(name) {
                agents += try await connection.client.agents(ofPool: connection.registry.agentPool(pool))
            }
            try Output(outputOptions).write(agents)
        }
    }
}

struct PoolAgent: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent", abstract: "Drain, resume and remove agents on other hosts.",
        subcommands: [PoolAgentDrain.self, PoolAgentResume.self, PoolAgentRemove.self])
}

/// The agent that is meant.
struct AgentReference: ParsableArguments {
    @Argument(help: "The agent's name, as 'slipway pool agents' shows it.")
    var agent: String

    @Option(
        name: [.customShort("n"), .long], help: "The agent's pool. Default: the one that has an agent of that name.")
    var name: String?

    func validate() throws {
        // Anything else would be another path of the API.
        guard !agent.isEmpty, agent.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }) else {
            throw ValidationError("'\(agent)' is no name of an agent. 'slipway pool agents' shows those there are.")
        }
    }

    func pool(in connection: Connection) async throws -> ResourceID {
        if let name { return connection.registry.agentPool(name) }
        for pool in try await connection.pools(nil) {
            let id = connection.registry.agentPool(pool)
            if try await connection.client.agents(ofPool: id).contains(where: { $0.id == agent }) { return id }
        }
        throw ValidationError("There is no agent '\(agent)'. 'slipway pool agents' shows those there are.")
    }

    /// Changes the agent, and writes how it is then.
    func change(
        _ options: ConnectionOptions, _ output: OutputOptions,
        _ change: (_ client: ResourceClient, _ agent: String, _ pool: ResourceID) async throws -> AgentResource
    ) async throws {
        try await reporting {
            let connection = try await options.connect()
            let pool = try await pool(in: connection)
            try Output(output).write([try await change(connection.client, agent, pool)])
        }
    }
}

struct PoolAgentDrain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Let an agent take no new run.",
        discussion: "What it carries out goes on. It holds until 'slipway pool agent resume', also over restarts.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: AgentReference
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reference.change(connection, outputOptions) { client, agent, pool in
            try await client.drainAgent(agent, ofPool: pool)
        }
    }
}

struct PoolAgentResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let a drained agent take runs again.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: AgentReference
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reference.change(connection, outputOptions) { client, agent, pool in
            try await client.resumeAgent(agent, ofPool: pool)
        }
    }
}

struct PoolAgentRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Take an agent away: its key is good no more.",
        discussion: "Drain it first: what it still carries out is lost when its lease runs out.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: AgentReference

    @Flag(name: [.customShort("y"), .long], help: "Don't ask.")
    var yes = false

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let pool = try await reference.pool(in: connection)
            guard try await Question.isConfirmed("Remove agent \(reference.agent)?", unless: yes) else { return }
            try await connection.client.removeAgent(reference.agent, ofPool: pool)
        }
    }
}

extension Connection {
    /// The names of all pools, or the one that is given.
    func pools(_ name: String?) async throws -> [String] {
        if let name { return [name] }
        return try await client.agentPools(in: registry).compactMap(\.name)
    }
}

extension Output {
    func write(_ agents: [AgentResource]) throws {
        try write(
            columns: ["AGENT", "POOL", "STATE", "SLOTS", "LABELS", "VERSION", "HOST", "HEARD"],
            rows: agents.map { agent in
                [
                    agent.id, agent.pool ?? "", [agent.state, agent.reason].compactMap(\.self).joined(separator: ": "),
                    "\(agent.running ?? 0)/\(agent.slots ?? 0)",
                    (agent.labels ?? [:]).map { "\($0.key)=\($0.value)" }.sorted().joined(separator: ","),
                    agent.version ?? "", agent.host ?? "",
                    agent.silentSeconds.map { Duration.seconds($0).brief + " ago" } ?? "",
                ]
            }, json: try JSONDocument(of: agents))
    }
}
