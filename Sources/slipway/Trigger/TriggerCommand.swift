import ArgumentParser

struct TriggerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trigger", abstract: "See and set up what makes runs of tasks.",
        subcommands: [HookCommand.self], aliases: ["triggers"])
}
