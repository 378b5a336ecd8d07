import ArgumentParser

@main
struct SlipwayServer: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "slipway-server",
        abstract: "Runs container image builds for any registry: API, scheduler and an agent in one process.",
        discussion: """
            Without a configuration it listens on https://127.0.0.1:8443, builds on the docker daemon of this machine and pushes to \
            localhost:5000. Everything it keeps is below the data folder; the first start makes it, with a CA and certificate of its own and \
            an administrator. On the same machine `slipway` works right away.
            """,
        version: version,
        subcommands: [Serve.self, Backup.self, Restore.self, Keys.self, Principals.self, Settings.self],
        defaultSubcommand: Serve.self)
}

/// `slipway-server settings`: the table of settings.
struct Settings: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows all settings with their defaults, units and environment variables.")

    func run() {
        print(Setting.markdown)
    }
}
