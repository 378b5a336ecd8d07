import ArgumentParser

@main
struct Slipway: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slipway",
        abstract: "Build container images with a slipway-server.",
        discussion: """
            On the machine of the server nothing needs to be set up: the server leaves a login for whoever may read its data folder. \
            Elsewhere, begin with 'slipway login'.

            Exit codes: \(ExitStatus.table)
            """,
        version: Version.text,
        subcommands: [
            Build.self, RunCommand.self, ExecCommand.self, TaskCommand.self, TriggerCommand.self, Context.self,
            Logs.self, Runs.self, Pool.self, SecretCommand.self, NotificationCommand.self, Principals.self, Login.self,
            Logout.self, Version.self,
        ])
}
