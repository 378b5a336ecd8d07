import AgentProtocol
import Foundation
import Logging
public import ServiceLifecycle
import Storage
import TaskModel

/// Asks runs to stop whose time is over. Their agents count as well, and mostly stop them before.
public struct RunDeadline: Service {
    /// An agent learned of the run a moment after the server gave it away: its own count is to come first.
    static let allowance: Duration = .seconds(2)
    private static let lookEvery: Duration = .seconds(1)

    private let environment: SchedulerEnvironment
    private let clock: any Clock<Duration>

    public init(_ environment: SchedulerEnvironment, clock: any Clock<Duration> = ContinuousClock()) {
        self.environment = environment
        self.clock = clock
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await look()
                try? await clock.sleep(for: Self.lookEvery)  // canceled: the server stops
            }
        }
    }

    func look() async {
        let overdue = environment.leases.with { table, now in table.takeOverdue(at: now) }
        for holding in overdue {
            do {
                try await stop(holding)
            } catch {
                environment.logger.error(
                    "run not stopped", metadata: ["run": "\(holding.run)", "error": "\(error)"])
                environment.leases.with { table, now in table.restoreDeadline(holding.lease, at: now) }
            }
        }
    }

    private func stop(_ holding: LeaseTable.Holding) async throws {
        guard let run = try await environment.runs.find(holding.run) else { return }
        let limit = run.request.common.timeout ?? environment.settings.runTimeout
        let isAsked = try await environment.runs.requestTimeout(
            lease: holding.lease.text, because: "the run took longer than its limit of \(limit.components.seconds) s",
            at: environment.now())
        guard isAsked else { return }
        environment.logger.info(
            "run over its time", metadata: ["run": "\(holding.run)", "agent": "\(holding.agent)"])
        environment.leases.with { table, _ in _ = table.requestStop(of: holding.run, .timeout) }
        environment.signals.stops.notify(holding.run)
        environment.signals.logs.notify(holding.run)
    }
}
