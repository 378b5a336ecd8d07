import ArgumentParser
import BuildAgent
import DockerEngine
import Foundation
import Logging

/// `slipway-agent watchdog`: kills what the agent beside it has begun when that shows no sign of life.
struct Watch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watchdog",
        abstract: "Kills the containers of the agent beside it when that shows no sign of life for 85 seconds.")

    @Option(help: "The daemon's endpoint, as the agent has it.")
    var docker = "unix:///var/run/docker.sock"

    @Option(help: "The agent's data folder.")
    var data: String

    func run() async throws {
        do {
            let daemon = try Daemon(client: try DockerClient(endpoint: docker), directory: data + "/names")
            await Watchdog(
                daemon: daemon, sign: LifeSign(in: data),
                logger: Logger(label: "slipway-agent") { StreamLogHandler.standardError(label: $0) }
            ).run()
        } catch {
            FileHandle.standardError.write(Data("slipway-agent: \(error)\n".utf8))
            throw ExitCode(1)
        }
    }
}
