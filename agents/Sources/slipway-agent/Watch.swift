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

    @Option(help: "The daemon's endpoint, as the agent has it (SLIPWAY_AGENT_DOCKER).")
    var docker: String?

    @Option(help: "The agent's data folder (SLIPWAY_AGENT_DATA).")
    var data: String?

    /// As the agent has them, which is told by the same variables.
    func places(in environment: [String: String]) -> (docker: String, data: String) {
        func value(_ given: String?, _ variable: String, _ standard: String) -> String {
            given ?? environment["SLIPWAY_AGENT_" + variable].flatMap { $0.isEmpty ? nil : $0 } ?? standard
        }
        return (
            value(docker, "DOCKER", "unix:///var/run/docker.sock"), value(data, "DATA", "/var/lib/slipway-agent")
        )
    }

    func run() async throws {
        do {
            let (docker, data) = places(in: ProcessInfo.processInfo.environment)
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
