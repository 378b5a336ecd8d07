import ArgumentParser
import Foundation
import Logging
import ServiceLifecycle
import TaskModel
import UnixSignals

/// `slipway-server [serve]`: starts the server and stays until SIGTERM or SIGINT.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Runs the server (the default).")

    @OptionGroup var options: ServerOptions

    /// How long what is in hand may take after the first signal.
    private static let gracePeriod: Duration = .seconds(20)
    /// How long breaking it off may take after that.
    private static let stopPeriod: Duration = .seconds(10)

    func run() async throws {
        try await reporting { try await serve() }
    }

    private func serve() async throws {
        let configuration = try ServerConfiguration(options: options, environment: ProcessInfo.processInfo.environment)
        let logger = LogSetup.start(configuration.log)
        for warning in configuration.warnings {
            logger.warning("\(warning.message)", metadata: ["setting": "\(warning.subject)"])
        }
        let directory = try DataDirectory(opening: configuration.data)
        let start = try FirstStart(in: directory, configuration: configuration)
        let server = try await Server(configuration: configuration, directory: directory, start: start, logger: logger)
        if start.isNewSecret { Self.showAdministrator(start, configuration: configuration) }

        var group = ServiceGroupConfiguration(
            services: server.services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        group.maximumGracefulShutdownDuration = Self.gracePeriod
        group.maximumCancellationDuration = Self.stopPeriod
        try await ServiceGroup(configuration: group).run()
        logger.info("server stopped")
        withExtendedLifetime(directory) {}  // its lock is held until here
    }

    /// The secret is shown this once; `local-client.json` keeps it for `slipway` on this machine.
    static func showAdministrator(_ start: FirstStart, configuration: ServerConfiguration) {
        let text = """
            A new server was set up in \(configuration.data). Its administrator, shown this once:
              client id      \(start.administrator.username)
              client secret  \(start.administrator.password.value)
              tenant         \(start.identity.tenant)
            On this machine slipway finds them in \(configuration.data)/\(LocalClient.file). Elsewhere:
              slipway login --server \(configuration.publicURL) --client-id \(start.administrator.username) --ca-file ca.pem
            with the certificate from \(start.caFile).

            """
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}

/// Does a command's work; an error becomes one line on standard error and exit code 1.
func reporting(_ work: () async throws -> Void) async throws {
    do {
        try await work()
    } catch let error as ExitCode {
        throw error
    } catch {
        FileHandle.standardError.write(Data("slipway-server: \(error)\n".utf8))
        throw ExitCode(1)
    }
}
