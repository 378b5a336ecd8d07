import Foundation
public import Logging
public import ServiceLifecycle
public import Storage
public import TaskModel

/// Looks at the repositories of tasks from time to time, so that commits start them with no set-up at all.
///
/// One that hooks tell of is looked at once an hour. One that can't be looked at with some login is tried again with it after ever longer
/// pauses of at most an hour.
public struct RepositoryPolls: Service {
    /// Looks that go on at the same time, and those at one host.
    private static let width = 16
    private static let widthPerHost = 4
    private static let longestPause: TimeInterval = 3600
    private static let tick = Duration.seconds(1)
    private static let pauseAfterError = Duration.seconds(10)

    private let polls: PollStore
    private let look: RepositoryLook
    private let interval: TimeInterval
    private let logger: Logger
    private let now: @Sendable () -> Date
    private let jitter: @Sendable () -> Double

    /// - Parameters:
    ///   - interval: between two looks at a repository.
    ///   - jitter: what an interval is multiplied with, so that not all are due at the same time.
    public init(
        _ environment: SchedulerEnvironment, polls: PollStore, tasks: any TaskStore, hooks: HookStore,
        trigger: SourceTrigger, repositories: Repositories, every interval: Duration,
        jitter: @escaping @Sendable () -> Double = { Double.random(in: 0.9...1.1) }
    ) {
        self.polls = polls
        look = RepositoryLook(
            polls: polls, tasks: tasks, hooks: hooks, trigger: trigger, repositories: repositories,
            now: environment.now)
        self.interval = Double(interval.components.seconds)
        logger = environment.logger
        now = environment.now
        self.jitter = jitter
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var running: [String: String] = [:]
            await withTaskGroup(of: String?.self) { group in
                // It tells the time: due repositories, and those of tasks that were just written, are found within a second.
                group.addTask { await Self.pause() }
                while !Task.isCancelled, let ended = await group.next() {
                    if let ended { running[ended] = nil } else { group.addTask { await Self.pause() } }
                    while running.count < Self.width {
                        let next = await due(besides: running)
                        if next.isEmpty { break }
                        for address in next where running.count < Self.width {
                            let host = Self.host(of: address)
                            guard Self.hasRoom(host, besides: running) else { continue }
                            running[address] = host
                            group.addTask {
                                await self.look(at: address)
                                return address
                            }
                        }
                    }
                }
                group.cancelAll()
            }
        }
    }

    private static func host(of address: String) -> String { String(address.prefix { $0 != "/" }) }

    private static func hasRoom(_ host: String, besides running: [String: String]) -> Bool {
        running.values.count(where: { $0 == host }) < widthPerHost
    }

    private static func pause() async -> String? {
        try? await Task.sleep(for: tick)  // canceled: the loop ends
        return nil
    }

    /// At hosts that have room for one more at least.
    private func due(besides running: [String: String]) async -> [String] {
        let full = Set(running.values).filter { !Self.hasRoom($0, besides: running) }
        do {
            return try await polls.due(
                at: now(), limit: 256, besides: Array(running.keys), hosts: Array(full))
        } catch {
            if !Task.isCancelled { logger.error("repositories not looked at", metadata: ["error": "\(error)"]) }
            return []
        }
    }

    /// Looks at all that are due, one after another.
    func lookAtDue() async {
        for address in await due(besides: [:]) { await look(at: address) }
    }

    private func look(at address: String) async {
        let began = now()
        do {
            var plans: [PollStore.Plan] = []
            do {
                plans = try await look.look(at: address).map { plan($0, for: address) }
            } catch  where !Task.isCancelled {
                logger.error(
                    "repository not looked at", metadata: ["repository": "\(address)", "error": "\(error)"])
            }
            try await polls.plan(plans, rest: time(after: interval), of: address, lookedAt: began)
        } catch  where !Task.isCancelled {
            logger.error(
                "time of the next look not written", metadata: ["repository": "\(address)", "error": "\(error)"])
            try? await Task.sleep(for: Self.pauseAfterError)  // canceled: the loop ends
        } catch {}
    }

    private func plan(_ result: RepositoryLook.Result, for address: String) -> PollStore.Plan {
        guard !result.isComplete else {
            return PollStore.Plan(
                result.watches, at: time(after: result.hasHooks ? max(interval, Self.longestPause) : interval),
                failures: 0)
        }
        let failures = (result.watches.map(\.failures).max() ?? 0) + 1
        logger.warning(
            "repository not looked at",
            metadata: [
                "repository": "\(address)", "tasks": "\(result.watches.map(\.task).joined(separator: ", "))",
            ])
        let pause = min(Self.longestPause, interval * pow(2, Double(min(failures, 20) - 1)))
        return PollStore.Plan(result.watches, at: time(after: pause), failures: failures)
    }

    private func time(after pause: TimeInterval) -> Date { now().addingTimeInterval(pause * jitter()) }

    // MARK: Showing

    /// How the looks for a task's source triggers stand, by the trigger's name in lower case.
    public func states(of task: TaskDefinition) async throws -> [String: TriggerState.Polling] {
        try await Self.states(of: task, in: polls)
    }

    /// The same, for those who have only the store.
    public static func states(of task: TaskDefinition, in polls: PollStore) async throws
        -> [String: TriggerState.Polling]
    {
        let watches = try await polls.watches(of: task.name, in: task.registry)
        return Dictionary(
            watches.map { watch in
                (
                    watch.trigger.lowercased(),
                    TriggerState.Polling(lastTime: watch.lastTime, nextTime: watch.nextTime, problem: watch.problem)
                )
            }
        ) { first, _ in first }
    }
}
