import ArgumentParser
import DockerEngine
import Foundation

/// `slipway-agent check`: whether the docker daemon of this host can carry out runs.
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks whether the docker daemon of this host can carry out runs.")

    @Option(help: "The daemon's endpoint.")
    var docker = "unix:///var/run/docker.sock"

    func run() async throws {
        do {
            let client = try DockerClient(endpoint: docker)
            let daemon = try await client.daemon()
            let info = try await client.info()
            print(
                "docker \(info.serverVersion) on \(info.name): \(info.processors) processors, \(info.memory >> 30) GiB, \(info.storageDriver)"
            )
            print(
                "API \(daemon.apiVersion); BuildKit: \(daemon.hasBuildKit ? "yes" : "no, builds use the classic builder")"
            )
        } catch {
            FileHandle.standardError.write(Data("slipway-agent: \(error)\n".utf8))
            throw ExitCode(1)
        }
    }
}
