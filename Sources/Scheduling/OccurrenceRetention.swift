public import Foundation
public import Logging
public import ServiceLifecycle
public import Storage

/// Forgets what triggers made of events some time after that, and moves of runs that everybody has followed up.
public struct OccurrenceRetention: Service {
    private static let kept: TimeInterval = 7 * 86_400
    private static let every: Duration = .seconds(3600)

    private let occurrences: SQLiteRunStore
    private let changes: RunChangeStore
    private let readers: [String]
    private let logger: Logger
    private let now: @Sendable () -> Date

    /// - Parameter readers: who follow up the moves of runs.
    public init(
        occurrences: SQLiteRunStore, changes: RunChangeStore, readers: [String], logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.occurrences = occurrences
        self.changes = changes
        self.readers = readers
        self.logger = logger
        self.now = now
    }

    public func run() async throws {
        await repeating(every: Self.every, logger: logger, failure: "old occurrences not removed") {
            try await occurrences.removeOccurrences(before: now() - Self.kept)
            try await changes.prune(readers: readers)
        }
    }
}
