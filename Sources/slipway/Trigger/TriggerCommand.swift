import ArgumentParser

struct TriggerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trigger", abstract: "See and set up what makes runs of tasks.",
        subcommands: [
            TriggerDeliveries.self, TriggerDelivery.self, TriggerReplay.self, TriggerApprove.self, HookCommand.self,
        ], aliases: ["triggers"])
}
