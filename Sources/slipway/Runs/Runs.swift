import ArgumentParser

struct Runs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List, show and cancel runs, and download what they built.",
        subcommands: [RunsList.self, RunsShow.self, RunsCancel.self, RunsCancels.self, RunsDownload.self],
        defaultSubcommand: RunsList.self)
}
