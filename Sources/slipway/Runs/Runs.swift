import ArgumentParser

struct Runs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List, show and cancel runs.", subcommands: [RunsList.self, RunsShow.self, RunsCancel.self],
        defaultSubcommand: RunsList.self)
}
