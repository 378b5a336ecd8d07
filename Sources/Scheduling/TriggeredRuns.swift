import Logging
public import Storage
public import TaskModel

/// Makes runs of tasks for triggers.
public struct TriggeredRuns: Sendable {
    private let runs: RunService
    private let settings: SchedulingSettings

    public init(_ environment: SchedulerEnvironment) {
        runs = RunService(environment)
        settings = environment.settings
    }

    /// Queues a run of a task, with the rights of whoever wrote the task last; once for each ``RunCause/occurrence``.
    ///
    /// - Parameter overrides: what this run does differently, its context above all.
    /// - Returns: the run, and whether it is new.
    /// - Throws: ``RunServiceError``, ``TaskServiceError``, ``StorageError/queueFull(limit:)``.
    public func start(
        _ task: TaskDefinition, because cause: RunCause, with overrides: TaskOverrides = TaskOverrides()
    ) async throws -> (run: RunID, isNew: Bool) {
        guard let registry = settings.registry(named: task.registry) else {
            throw RunServiceError.registryGone(task.registry)
        }
        let request = try TaskRequest(task).request(with: overrides)
        let type: RunType = if case .build = request { .autoBuild } else { .autoRun }
        do {
            let (run, isNew) = try await runs.accept(
                request, type: type, task: task.name, to: registry, by: task.changed.by, because: cause)
            return (run.id, isNew)
        } catch StorageError.runRemoved(let run) {
            return (run, false)
        }
    }
}
