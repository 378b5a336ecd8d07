import ArgumentParser

struct Pool: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make, list, show, change and delete agent pools, and look after their agents.",
        subcommands: [
            PoolCreate.self, PoolList.self, PoolShow.self, PoolUpdate.self, PoolDelete.self, PoolCache.self,
            PoolAgents.self, PoolAgent.self, PoolToken.self,
        ],
        defaultSubcommand: PoolList.self, aliases: ["agentpool"])
}

struct PoolName: ParsableArguments {
    @Option(name: [.customShort("n"), .long], help: "The pool's name: 1 to 20 letters, digits and dashes.")
    var name: String
}
