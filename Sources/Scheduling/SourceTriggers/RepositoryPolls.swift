import Foundation
public import Logging
public import ServiceLifecycle
public import Storage
public import TaskModel

/// Looks at the repositories of tasks from time to time, so that commits start them with no set-up at all.
///
/// One that hooks tell of is looked at once an hour. One that can't be looked at is tried again after ever longer pauses of at most an hour.
public struct RepositoryPolls: Service {
    /// Looks that go on at the same time, and those at one host.
    private static let width = 16
    private static let widthPerHost = 4
    private static let longestPause: TimeInterval = 3600
    private static let tick = Duration.seconds(1)

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
                    for repository in await due(besides: running) {
                        let address = repository.address
                        let host = String(address.prefix { $0 != "/" })
                        guard running.count < Self.width,
                            running.values.count(where: { $0 == host }) < Self.widthPerHost
                        else { continue }
                        running[address] = host
                        group.addTask {
                            await self.look(at: repository)
                            return address
                        }
                    }
                }
                group.cancelAll()
            }
        }
    }

    private static func pause() async -> String? {
        try? await Task.sleep(for: tick)  // canceled: the loop ends
        return nil
    }

    private func due(besides running: [String: String]) async -> [PollStore.Repository] {
        do {
            return try await polls.due(at: now(), limit: 256).filter { running[$0.address] == nil }
        } catch {
            if !Task.isCancelled { logger.error("repositories not looked at", metadata: ["error": "\(error)"]) }
            return []
        }
    }

    /// Looks at all that are due, one after another.
    func lookAtDue() async {
        for repository in await due(besides: [:]) { await look(at: repository) }
    }

    private func look(at repository: PollStore.Repository) async {
        let began = now()
        do {
            let result = try await look.look(at: repository.address)
            let failures = result.isComplete ? 0 : repository.failures + 1
            if failures > 0 {
                logger.warning("repository not looked at", metadata: ["repository": "\(repository.address)"])
            }
            var pause = result.hasHooks ? max(interval, Self.longestPause) : interval
            if failures > 0 { pause = min(Self.longestPause, interval * pow(2, Double(min(failures, 20) - 1))) }
            try await polls.setNextTime(
                now().addingTimeInterval(pause * jitter()), failures: failures, of: repository.address,
                lookedAt: began)
        } catch  where !Task.isCancelled {
            logger.error(
                "repository not looked at", metadata: ["repository": "\(repository.address)", "error": "\(error)"])
        } catch {}
    }

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
            watches.map { watch, nextTime in
                (
                    watch.trigger.lowercased(),
                    TriggerState.Polling(lastTime: watch.lastTime, nextTime: nextTime, problem: watch.problem)
                )
            }
        ) { first, _ in first }
    }
}
