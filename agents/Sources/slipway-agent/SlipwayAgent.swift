import ArgumentParser

@main
struct SlipwayAgent: AsyncParsableCommand {
    static let agentVersion = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "slipway-agent",
        abstract: "Carries out the runs of a slipway-server on this host's docker daemon.",
        discussion: """
            It asks the server for runs over HTTPS, and opens no port unless --listen says so. It joins a pool once, with a token that \
            'slipway pool token create' makes, and keeps a key of its own in its data folder from then on.

            SIGTERM: it takes no new run, finishes those it has, for an hour at most, and ends. A second SIGTERM stops them.
            Exit codes: 0 it was stopped; 1 it failed; 78 the server refuses it, or an option can't be used.
            """,
        version: agentVersion, subcommands: [Run.self, Check.self, Watch.self], defaultSubcommand: Run.self)
}
