import ArgumentParser
import ResourceAPI
import TaskModel

struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the log of a run.",
        discussion: """
            Without -f, what there is so far, and exit code 0. With -f, all of it as it comes; the exit code is then that of the run. \
            Ctrl-C asks whether to cancel the run.

            Exit codes: \(ExitStatus.table)
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: RunReference

    @Flag(name: [.short, .long], help: "Follow the log until the run has ended.")
    var follow = false

    @Flag(help: "No colours. So does a NO_COLOR in the environment, and so does output that goes to no terminal.")
    var noColor = false

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let run = try await reference.find(in: connection)
            let id = try run.requiredID
            let isColored = Terminal.isColorWanted(unless: noColor)
            guard !follow else {
                let follower = RunFollower(
                    connection: connection, id: id, interrupts: await Interrupts(), isColored: isColored)
                return try await follower.follow()
            }
            let printer = LogPrinter(isColored: isColored)
            for try await element in connection.client.log(of: connection.registry.run(id), follows: false) {
                if case .bytes(let bytes) = element { await printer.write(bytes) }
            }
            await printer.finish()
        }
    }
}
