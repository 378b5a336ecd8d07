import Forges
import Foundation
public import Logging
public import ServiceLifecycle
import Storage

/// Works on deliveries that were stored, and forgets them after 7 days.
///
/// Those of one hook are worked on in the order in which they came; those of several at the same time. What can't be done now is tried again
/// for 24 hours, and holds nothing else up meanwhile.
public struct DeliveryWorker: Service {
    /// A hook gives way to others after so many deliveries, or after that time.
    private static let turn = 32
    private static let longestTurn = Duration.seconds(5)
    /// What comes within that time is looked for at once.
    private static let gathering = Duration.milliseconds(20)
    private static let pauseAfterError = Duration.seconds(5)
    /// In seconds.
    private static let firstPause: TimeInterval = 5
    private static let longestPause: TimeInterval = 1800
    private static let tryingTime: TimeInterval = 24 * 3600
    private static let leastAttempts = 12
    private static let lifetime: TimeInterval = 7 * 24 * 3600

    private let deliveries: DeliveryService
    private let endings: DeliveryEndings
    private let logger: Logger

    public init(_ deliveries: DeliveryService, logger: Logger) {
        self.deliveries = deliveries
        endings = DeliveryEndings(store: deliveries.store)
        self.logger = logger
    }

    private var store: DeliveryStore { deliveries.store }

    public func run() async throws {
        async let cleaned: Void = repeating(
            every: .seconds(3600), logger: logger, failure: "deliveries not removed"
        ) { try await clean() }
        await cancelWhenGracefulShutdown { await workUntilCanceled() }
        await cleaned
    }

    private enum Event: Sendable {
        case change
        case ended(DeliveryLanes.Lane, hasMore: Bool)
    }

    private func workUntilCanceled() async {
        await withTaskGroup(of: Event.self) { group in
            var lanes = DeliveryLanes()
            group.addTask { .change }
            while !Task.isCancelled, let event = await group.next() {
                switch event {
                case .change:
                    let mark = deliveries.changes.mark()
                    let (hooks, pause) = await waiting()
                    lanes.offer(hooks)
                    group.addTask {
                        try? await Task.sleep(for: Self.gathering)  // canceled: the loop ends
                        await deliveries.changes.wait(for: 0, after: mark, atMost: pause)
                        return .change
                    }
                case .ended(let lane, let hasMore): lanes.finish(lane, hasMore: hasMore)
                }
                while let lane = lanes.take() {
                    group.addTask { .ended(lane, hasMore: await work(on: lane.hook)) }
                }
            }
            group.cancelAll()
        }
    }

    /// The hooks of which something is due, and when to look again if nothing changes.
    private func waiting() async -> ([DeliveryStore.WaitingHook], Duration) {
        let now = deliveries.now()
        do {
            let hooks = try await store.waitingHooks(at: now)
            let next = try await store.nextTime(after: now)
            return (hooks, next.map { Duration.seconds(min(30, max(0.1, $0.timeIntervalSince(now)))) } ?? .seconds(30))
        } catch {
            if !Task.isCancelled { logger.error("deliveries not worked on", metadata: ["error": "\(error)"]) }
            return ([], Self.pauseAfterError)
        }
    }

    /// Works on all that are due, one hook after another.
    func workOnDue() async throws {
        for hook in try await store.waitingHooks(at: deliveries.now()) {
            while await work(on: hook.id) {}
        }
    }

    /// - Returns: whether there may be more to do.
    private func work(on hook: String) async -> Bool {
        let clock = ContinuousClock()
        let began = clock.now
        do {
            let due = try await store.due(of: hook, at: deliveries.now(), limit: Self.turn)
            var count = 0
            var isPostponed = false
            for delivery in due where clock.now - began < Self.longestTurn {
                let ending = await ending(of: delivery)
                guard !Task.isCancelled else { break }
                if case .postponed = ending { isPostponed = true }
                await endings.add(ending, of: delivery)
                count += 1
            }
            try await endings.written()
            if isPostponed { deliveries.changes.notify(0) }
            return !Task.isCancelled && (count < due.count || count == Self.turn)
        } catch {
            guard !Task.isCancelled else { return false }
            logger.error("deliveries not worked on", metadata: ["error": "\(error)"])
            try? await Task.sleep(for: Self.pauseAfterError)  // canceled: the loop ends
            return !Task.isCancelled
        }
    }

    private func ending(of delivery: Delivery) async -> DeliveryStore.Ending {
        do {
            guard let hook = try await deliveries.hooks.find(delivery.hook), let work = deliveries.work(for: hook.kind)
            else { return .done("not run: its hook is gone", runs: []) }
            guard let content = try await store.content(of: delivery.id) else {
                return .failed("not run: its content is gone")
            }
            let outcome = try await work.carryOut(
                Webhook(headers: content.headers, body: content.body), id: delivery.id, to: hook)
            logger.debug("delivery done", metadata: ["delivery": "\(delivery.id)", "outcome": "\(outcome.text)"])
            // A replay forgets no run that the delivery has started before.
            let known = delivery.runs.filter { !outcome.runs.contains($0) }
            return .done(outcome.text, runs: known + outcome.runs, pushes: outcome.pushes)
        } catch {
            return postponed(delivery, because: error)
        }
    }

    private func postponed(_ delivery: Delivery, because error: any Error) -> DeliveryStore.Ending {
        let now = deliveries.now()
        let text = "\(error)"
        let isOver =
            now.timeIntervalSince(delivery.time) >= Self.tryingTime && delivery.attempts >= Self.leastAttempts
        logger.warning(
            isOver ? "delivery given up" : "delivery postponed",
            metadata: ["delivery": "\(delivery.id)", "attempt": "\(delivery.attempts + 1)", "error": "\(text)"])
        guard !isOver else { return .failed("given up after \(delivery.attempts + 1) attempts: \(text)") }
        let pause = min(Self.longestPause, Self.firstPause * pow(2, Double(min(delivery.attempts, 20))))
        return .postponed(
            until: now.addingTimeInterval(pause * Double.random(in: 0.9...1.1)), because: "tried again: \(text)")
    }

    private func clean() async throws {
        let removed = try await store.remove(before: deliveries.now().addingTimeInterval(-Self.lifetime))
        if removed > 0 { logger.info("deliveries removed", metadata: ["deliveries": "\(removed)"]) }
    }
}
