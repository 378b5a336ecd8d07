import Forges
import Foundation
public import Logging
public import ServiceLifecycle
import Storage

/// Works on deliveries that were stored, and forgets them after 7 days.
///
/// Those of one hook are begun in the order in which they came; those of several at the same time. What can't be done now is tried again
/// for 24 hours, and holds nothing else up meanwhile.
public struct DeliveryWorker: Service {
    private static let batch = 128
    /// Hooks whose deliveries are worked on at the same time.
    private static let width = 8
    /// In seconds.
    private static let firstPause: TimeInterval = 5
    private static let longestPause: TimeInterval = 1800
    private static let tryingTime: TimeInterval = 24 * 3600
    private static let leastAttempts = 12
    private static let lifetime: TimeInterval = 7 * 24 * 3600

    private let deliveries: DeliveryService
    private let logger: Logger

    public init(_ deliveries: DeliveryService, logger: Logger) {
        self.deliveries = deliveries
        self.logger = logger
    }

    private var store: DeliveryStore { deliveries.store }

    public func run() async throws {
        async let cleaned: Void = repeating(
            every: .seconds(3600), logger: logger, failure: "deliveries not removed"
        ) { try await clean() }
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let mark = deliveries.changes.mark()
                var pause = Duration.seconds(30)
                do {
                    while try await workOnDue() > 0 {}
                    if let next = try await store.nextTime() {
                        pause = min(pause, .seconds(max(0.1, next.timeIntervalSince(deliveries.now()))))
                    }
                } catch  where !Task.isCancelled {
                    logger.error("deliveries not worked on", metadata: ["error": "\(error)"])
                    pause = .seconds(5)
                } catch { return }
                await deliveries.changes.wait(for: 0, after: mark, atMost: pause)
            }
        }
        await cleaned
    }

    /// - Returns: how many there were.
    @discardableResult
    func workOnDue() async throws -> Int {
        let due = try await store.due(at: deliveries.now(), limit: Self.batch)
        let byHook = Dictionary(grouping: due, by: \.hook).values.sorted { $0[0].id < $1[0].id }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, ofHook) in byHook.enumerated() {
                if index >= Self.width { try await group.next() }
                group.addTask { try await work(on: ofHook) }
            }
            try await group.waitForAll()
        }
        return due.count
    }

    private func work(on ofHook: [Delivery]) async throws {
        var endings: [(id: Int64, ending: DeliveryStore.Ending)] = []
        for delivery in ofHook {
            guard !Task.isCancelled else { break }
            endings.append((delivery.id, await ending(of: delivery)))
        }
        try Task.checkCancellation()
        try await store.end(endings)
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
            return .done(outcome.text, runs: known + outcome.runs)
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
