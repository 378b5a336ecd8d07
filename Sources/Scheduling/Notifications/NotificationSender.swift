import Foundation
import Logging
public import ServiceLifecycle
public import Storage
import Synchronization
import TaskModel

/// Tells targets what is written down for them: each in order, none held up by another, again until it has arrived.
public struct NotificationSender: Service {
    /// How many targets are called at once.
    private static let width = 64
    /// Changes within that time are one transaction.
    private static let gathering: Duration = .milliseconds(200)
    private static let afterFailure: Duration = .seconds(5)
    private static let longestSleep: Duration = .seconds(60)
    /// How long deliveries can be listed and sent again.
    private static let kept: Duration = .seconds(7 * 86_400)

    private let environment: SchedulerEnvironment
    private let store: NotificationStore
    private let recorder: NotificationRecorder
    private let post: NotificationPost
    private let backOff: NotificationBackOff

    public init(
        _ environment: SchedulerEnvironment, store: NotificationStore, recorder: NotificationRecorder,
        post: NotificationPost, backOff: NotificationBackOff = NotificationBackOff()
    ) {
        self.environment = environment
        self.store = store
        self.recorder = recorder
        self.post = post
        self.backOff = backOff
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await tellOfUnreadable()
            let wake = Notifier<Wake>()
            await withDiscardingTaskGroup { group in
                group.addTask { await record() }
                group.addTask { await forget() }
                group.addTask { for await _ in store.signals() { wake.notify(.outbox) } }
                let busy = BusyTargets()
                while !Task.isCancelled {
                    let mark = wake.mark()
                    // What is read of a target while it is called may be old when the call has ended.
                    let called = busy.all
                    let heads = await heads()
                    let now = environment.now()
                    for head in heads.due(at: now)
                    where !called.contains(head.target) && busy.take(head.target, atMost: Self.width) {
                        group.addTask {
                            await deliver(head)
                            busy.leave(head.target)
                            wake.notify(.outbox)
                        }
                    }
                    await wake.wait(for: .outbox, after: mark, atMost: heads.wait(from: now, atMost: Self.longestSleep))
                }
            }
        }
    }

    private enum Wake { case outbox }

    private func tellOfUnreadable() async {
        // Were there no reading at all, others would say so.
        for target in (try? await store.unreadable()) ?? [] {
            environment.logger.warning(
                "notification unreadable: write it anew or delete it",
                metadata: ["notification": "\(target.name)", "registry": "\(target.registry)"])
        }
    }

    private func record() async {
        for await _ in recorder.signals() {
            while !Task.isCancelled {
                do {
                    try await recorder.record()
                    break
                } catch {
                    if Task.isCancelled { return }
                    environment.logger.warning("notifications not written", metadata: ["error": "\(error)"])
                    try? await Task.sleep(for: Self.afterFailure)  // canceled: the loop ends
                }
            }
            try? await Task.sleep(for: Self.gathering)  // canceled: so does the stream
        }
    }

    private func forget() async {
        await repeating(every: .seconds(3600), logger: environment.logger, failure: "old notifications not removed") {
            try await store.removeDeliveries(
                before: environment.now().addingTimeInterval(-Double(Self.kept.components.seconds)))
        }
    }

    private func heads() async -> [OutgoingNotification] {
        do {
            return try await store.heads()
        } catch {
            if !Task.isCancelled {
                environment.logger.warning("notifications not read", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: Self.afterFailure)  // canceled: the loop ends
            }
            return []
        }
    }

    /// Sends one once, and writes down what became of it.
    func deliver(_ notification: OutgoingNotification) async {
        do {
            let outcome = try await post.send(notification, at: environment.now())
            try await note(outcome, of: notification)
        } catch {
            // It stays as it was, and is sent again.
            if Task.isCancelled { return }
            environment.logger.warning(
                "notification not noted", metadata: metadata(notification).merging(["error": "\(error)"]) { $1 })
            try? await Task.sleep(for: Self.afterFailure)  // canceled: the loop ends
        }
    }

    private func note(_ outcome: NotificationPost.Outcome, of notification: OutgoingNotification) async throws {
        let now = environment.now()
        var delivery = notification.delivery
        switch outcome {
        case .delivered(let status):
            delivery.note(status: status, error: nil, at: now)
            environment.logger.debug("notification delivered", metadata: metadata(notification))
            try await store.note(delivery)
        case .gone(let status):
            let problem =
                "It answered with the status \(status): it wants to be told no more. Enable it again if it does."
            let isDisabled = try await store.disable(notification.target, because: problem)
            // The URL that was called is the target's no more: the one that it has now is to be told.
            delivery.note(status: status, error: problem, at: now, nextTime: isDisabled ? nil : now)
            environment.logger.warning(
                isDisabled ? "notification target disabled" : "notification refused by a URL of before",
                metadata: metadata(notification))
            try await store.note(delivery)
        case .failed(let status, let reason, let retryAfter):
            let wait = backOff.wait(after: delivery.attempts + 1, asked: retryAfter)
            let next = now.addingTimeInterval(wait.seconds)
            let end = delivery.createTime.addingTimeInterval(backOff.limit.seconds)
            delivery.note(status: status, error: reason, at: now, nextTime: next <= end ? next : nil)
            environment.logger.warning(
                delivery.state == .failed ? "notification given up" : "notification failed",
                metadata: metadata(notification).merging(["attempt": "\(delivery.attempts)", "error": "\(reason)"]) {
                    $1
                })
            try await store.note(delivery)
            guard delivery.state == .failed else { return }
            // Others that waited as long behind it would each take an attempt of their own.
            try await store.giveUp(
                notification.target, before: now.addingTimeInterval(-backOff.limit.seconds),
                because: "Not sent for too long, since what came before it failed: \(reason)")
        }
    }

    private func metadata(_ notification: OutgoingNotification) -> Logger.Metadata {
        [
            "notification": "\(notification.target.name)", "registry": "\(notification.target.registry)",
            "delivery": "\(notification.delivery.id)", "event": "\(notification.delivery.event)",
            "url": "\(notification.target.url.shown.escapedForDisplay)",
        ]
    }
}

/// The targets that are being called.
private final class BusyTargets: Sendable {
    struct Names {
        fileprivate var names: Set<String> = []

        func contains(_ target: NotificationTarget) -> Bool { names.contains(Self.key(target)) }

        fileprivate static func key(_ target: NotificationTarget) -> String {
            "\(target.registry)/\(target.name)".lowercased()
        }
    }

    private let busy = Mutex(Names())

    var all: Names { busy.withLock { $0 } }

    /// - Returns: whether it was free, and not too many others are not.
    func take(_ target: NotificationTarget, atMost width: Int) -> Bool {
        busy.withLock { $0.names.count < width && $0.names.insert(Names.key(target)).inserted }
    }

    func leave(_ target: NotificationTarget) {
        _ = busy.withLock { $0.names.remove(Names.key(target)) }
    }
}

extension [OutgoingNotification] {
    fileprivate func due(at now: Date) -> Self {
        filter { $0.delivery.isDue(at: now) }
    }

    /// How long nothing more is due.
    fileprivate func wait(from now: Date, atMost longest: Duration) -> Duration {
        let next = compactMap(\.delivery.nextTime).filter { $0 > now }.min()
        return next.map { Swift.min(.seconds($0.timeIntervalSince(now)), longest) } ?? longest
    }
}

extension Duration {
    fileprivate var seconds: Double { self / .seconds(1) }
}
