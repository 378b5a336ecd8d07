import Foundation
public import Storage
public import TaskModel

/// Makes, shows and removes task runs: runs that are kept under a name.
public struct TaskRunService: Sendable {
    /// A task run with its run; nil for a run that is no longer kept.
    public struct Record: Sendable {
        public let taskRun: TaskRun
        public let run: Run?
    }

    private let store: TaskRunStore
    private let runs: RunService

    public init(store: TaskRunStore, runs: RunService) {
        self.store = store
        self.runs = runs
    }

    /// Queues the run of a task run and keeps both together. Nothing is queued if the task run of that name asked for the same already.
    ///
    /// - Parameter submission: reads the request; called only if a run is to be queued.
    /// - Returns: the record, and whether there was none of that name before.
    public func put(
        _ taskRun: TaskRun, in registry: Registry, by principal: String, submission: () async throws -> Submission
    ) async throws -> (record: Record, isNew: Bool) {
        let known = try await store.find(taskRun.name, in: registry.name)
        if let known, known.taskRun.asksForTheSame(as: taskRun) {
            return (try await record(known, in: registry), false)
        }
        let submission = try await submission()
        let run = try await runs.submit(
            submission.request, type: submission.type, task: submission.task, keptAs: taskRun, to: registry,
            by: principal)
        return (Record(taskRun: taskRun, run: try await runs.show(run.id.text, in: registry)), known == nil)
    }

    public func find(_ name: String, in registry: Registry) async throws -> Record? {
        guard let entry = try await store.find(name, in: registry.name) else { return nil }
        return try await record(entry, in: registry)
    }

    /// By name.
    public func list(in registry: Registry) async throws -> [Record] {
        var records: [Record] = []
        for entry in try await store.list(in: registry.name) { records.append(try await record(entry, in: registry)) }
        return records
    }

    /// Removes a task run; its run stays.
    ///
    /// - Returns: false if there is none of that name.
    public func remove(_ name: String, in registry: Registry) async throws -> Bool {
        try await store.remove(name, in: registry.name)
    }

    private func record(_ entry: TaskRunStore.Entry, in registry: Registry) async throws -> Record {
        do {
            return Record(taskRun: entry.taskRun, run: try await runs.show(entry.run.text, in: registry))
        } catch RunServiceError.runNotFound {
            return Record(taskRun: entry.taskRun, run: nil)
        }
    }
}
