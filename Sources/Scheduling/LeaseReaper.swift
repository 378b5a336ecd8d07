import AgentProtocol
import Foundation
import Logging
public import ServiceLifecycle
import Storage
import TaskModel

/// Takes runs from agents that are lost: those that didn't renew a lease in its time, and whose permissions to push are over.
///
/// Until then a run that is to stop is not shown as stopped, since something of it may still be pushed.
public struct LeaseReaper: Service {
    /// How often what the store has is compared with the leases of this process.
    private static let compareEvery: Duration = .seconds(60)

    private let environment: SchedulerEnvironment
    private let clock: any Clock<Duration>

    public init(_ environment: SchedulerEnvironment, clock: any Clock<Duration> = ContinuousClock()) {
        self.environment = environment
        self.clock = clock
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            let lookEvery = environment.leases.with { table, _ in table.lookEvery }
            var sinceComparison = Self.compareEvery
            while !Task.isCancelled {
                if sinceComparison >= Self.compareEvery, await resume() { sinceComparison = .zero }
                await look()
                try? await clock.sleep(for: lookEvery)  // canceled: the server stops
                sinceComparison += lookEvery
            }
        }
    }

    /// Adds the leases that the store has and this process does not, as after a restart: each gets a full new period, a stop that was
    /// asked for goes on, and so does the time of the run, which is not over before that period.
    ///
    /// - Returns: false if the store can't be read.
    func resume() async -> Bool {
        do {
            let now = environment.now()
            for held in try await environment.runs.heldRuns() { environment.keep(held, at: now) }
            return true
        } catch {
            if !Task.isCancelled { environment.logger.error("leases not read", metadata: ["error": "\(error)"]) }
            return false
        }
    }

    /// Takes what is due now.
    func look() async {
        let terms = environment.settings.leases
        let lost = environment.leases.with { table, now in table.takeLost(at: now) }
        let runs = LostRuns(environment: environment, cause: .silence(terms.duration))
        var failed: [LeaseID] = []
        for holding in lost {
            do {
                // Nil: the run has ended, and nobody asks for it any more.
                if try await runs.take(holding.lease) == nil { environment.leases.remove(holding.lease) }
            } catch {
                environment.logger.error(
                    "lost run not recorded",
                    metadata: ["run": "\(holding.run)", "agent": "\(holding.agent)", "error": "\(error)"])
                failed.append(holding.lease)
            }
        }
        guard !failed.isEmpty else { return }
        environment.leases.with { [failed] table, now in
            // One that can't be recorded keeps nobody else from it.
            if failed.count < lost.count { table.postpone(failed, at: now) } else { table.restore(failed, at: now) }
        }
    }
}

extension SchedulerEnvironment {
    /// Notes a lease that the store has, and wakes its agent if it is to stop.
    func keep(_ held: HeldRun, at now: Date) {
        leases.add(
            held, timeout: held.timeout ?? settings.runTimeout,
            elapsed: .seconds(max(0, now.timeIntervalSince(held.startTime))))
        if held.stop != nil { signals.stops.notify(held.run) }
    }
}
