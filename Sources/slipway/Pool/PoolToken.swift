import ArgumentParser
import ResourceAPI

struct PoolToken: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Make, list and revoke the tokens that let agents join a pool.",
        discussion: "It takes the role Admin; for a pool of the server's configuration in all registries.",
        subcommands: [PoolTokenCreate.self, PoolTokenList.self, PoolTokenRevoke.self],
        defaultSubcommand: PoolTokenList.self)
}

struct PoolTokenCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a join token, and show it this once.",
        discussion: """
            The token is the only thing on standard output: put it into a file that 'slipway-agent --join-token-file' names. Any number of \
            agents may join with it until it is over or revoked; then each has a key of its own.
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var pool: PoolName

    @Option(help: ArgumentHelp("How long it is good, as in 1h or 7d. Default: until it is revoked.", valueName: "time"))
    var expires: TimeAmount?

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let made = try await connection.client.makeJoinToken(
                ofPool: connection.registry.agentPool(pool.name),
                JoinTokenRequest(expiresInSeconds: expires?.seconds))
            Terminal.print(made.token ?? "")
            Terminal.say("Keep the token \(made.id): it is not shown again.")
        }
    }
}

struct PoolTokenList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the join tokens of a pool.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var pool: PoolName
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let tokens = try await connection.client.joinTokens(ofPool: connection.registry.agentPool(pool.name))
            try Output(outputOptions).write(
                columns: ["TOKEN", "CREATED", "BY", "UNTIL", "REVOKED", "AGENTS", "LAST USED"],
                rows: tokens.map { token in
                    [
                        token.id, token.createTime?.shortDescription ?? "", token.createdBy ?? "",
                        token.endTime?.shortDescription ?? "", token.isRevoked == true ? "yes" : "",
                        "\(token.uses ?? 0)", token.lastUseTime?.shortDescription ?? "",
                    ]
                }, json: try JSONDocument(of: tokens))
        }
    }
}

struct PoolTokenRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Make a join token good no more.",
        discussion: "Agents that joined with it stay: 'slipway pool agent remove' takes one away.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var pool: PoolName

    @Argument(help: "The token's id, as 'slipway pool token list' shows it.")
    var token: String

    func validate() throws {
        // Anything else would be another path of the API.
        guard !token.isEmpty, token.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) else {
            throw ValidationError(
                "'\(token.prefix(4))…' is no id of a token. 'slipway pool token list' shows those there are.")
        }
    }

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            try await connection.client.revokeJoinToken(
                token, ofPool: connection.registry.agentPool(pool.name))
        }
    }
}
