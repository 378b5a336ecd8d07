import Foundation
import Logging
public import Storage
import TaskModel

/// Writes down what targets are to be told of the changes of runs: each change once, whenever the process ends.
public struct NotificationRecorder: Sendable {
    /// The name of the reader of changes.
    public static let reader = "notifications"
    /// Changes of one transaction.
    private static let batch = 200

    private let environment: SchedulerEnvironment
    private let store: NotificationStore
    private let changes: RunChangeStore
    private let write: NotificationContent.Writer

    public init(
        _ environment: SchedulerEnvironment, store: NotificationStore, changes: RunChangeStore,
        write: @escaping NotificationContent.Writer
    ) {
        self.environment = environment
        self.store = store
        self.changes = changes
        self.write = write
    }

    /// An element at once, and one after changes.
    func signals() -> AsyncStream<Void> { changes.signals() }

    /// Writes down all that there is.
    func record() async throws {
        while !Task.isCancelled {
            let batch = try await changes.changes(for: Self.reader, limit: Self.batch)
            guard let last = batch.last else { return }
            let targets = try await store.all().filter(\.isEnabled)
            var notifications: [NewNotification] = []
            if !targets.isEmpty {
                for change in batch { notifications += try await self.notifications(of: change, to: targets) }
            }
            try await store.add(notifications, upTo: last.sequence, by: Self.reader, at: environment.now())
        }
    }

    private func notifications(
        of change: RunChangeStore.Change, to targets: [NotificationTarget]
    ) async throws -> [NewNotification] {
        guard let event = NotificationEvent(change.status), let run = try await readableRun(change.run) else {
            return []
        }
        let wanting = targets.filter { $0.wants(change.status, of: run.task, in: run.registry) }
        guard !wanting.isEmpty else { return [] }
        do {
            let body = try write(
                NotificationContent(event: event, at: change.time, of: run, cameTo: change.status))
            return wanting.map { NewNotification(to: $0, of: change, event: event, body: body) }
        } catch {
            // Nothing would make it better, and all the others would wait behind it.
            environment.logger.error(
                "notification not written", metadata: ["run": "\(run.id)", "error": "\(error)"])
            return []
        }
    }

    /// Nil for a run that has been removed since, or can't be read: nothing would make that better, and all others would wait.
    private func readableRun(_ id: RunID) async throws -> Run? {
        try await ifReadable {
            environment.logger.warning("run not told of", metadata: ["run": "\(id)", "error": "\($0)"])
        } _: {
            try await environment.runs.find(id)
        }
    }
}
