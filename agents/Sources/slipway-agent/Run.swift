import AgentProtocol
import ArgumentParser
import BuildAgent
import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

/// `slipway-agent [run]`: joins the server, and carries out runs until it is told to stop.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Carries out runs (the default).")

    @OptionGroup var options: AgentOptions

    /// How long runs in hand may take after the first signal.
    private static let longestFinish: Duration = .seconds(3600)
    /// How long breaking them off may take after the second one.
    private static let stopPeriod: Duration = .seconds(60)

    func run() async throws {
        do {
            try await work()
        } catch is CancellationError {
            return  // stopped at once
        } catch {
            FileHandle.standardError.write(Data("slipway-agent: \(error)\n".utf8))
            throw ExitCode(Self.isForGood(error) ? 78 : 1)
        }
    }

    /// Whether starting again without a change makes no sense.
    private static func isForGood(_ error: any Error) -> Bool {
        switch error {
        case BrokerError.notAuthorized, BrokerError.refused: true
        case is AgentOptionError, is AgentEntryError, is ServerAddressError: true
        default: false
        }
    }

    private func work() async throws {
        let configuration = try AgentConfiguration(options, environment: ProcessInfo.processInfo.environment)
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = configuration.logLevel
            return handler
        }
        let logger = Logger(label: "slipway-agent")
        let program = try AgentProgram(configuration, logger: logger)
        // The monitor stops last: whoever watches sees how runs end.
        var services: [any Service] = [program]
        if let address = configuration.listen { services.insert(program.monitor(at: address), at: 0) }
        var settings = ServiceGroupConfiguration(services: services.map { .init(service: $0) }, logger: logger)
        settings.maximumGracefulShutdownDuration = Self.longestFinish
        settings.maximumCancellationDuration = Self.stopPeriod
        let group = ServiceGroup(configuration: settings)
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            tasks.addTask {
                var isStopping = false
                for await _ in signals {
                    if isStopping {
                        logger.info("agent told to stop at once")
                        throw CancellationError()
                    }
                    logger.info("agent told to stop")
                    isStopping = true
                    await group.triggerGracefulShutdown()
                }
            }
            defer { tasks.cancelAll() }
            try await tasks.next()
        }
        logger.info("agent stopped")
    }
}
