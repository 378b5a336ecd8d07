import Contexts
import Foundation
public import Storage
import Synchronization
public import TaskModel

/// Keeps tasks, and tells what runs of them are to do.
public struct TaskService: Sendable {
    private let tasks: any TaskStore
    private let settings: SchedulingSettings
    private let followers: [any TaskFollower]

    /// - Parameter followers: are told of each task that is written or deleted, before that is answered.
    public init(tasks: any TaskStore, settings: SchedulingSettings, followers: [any TaskFollower] = []) {
        self.tasks = tasks
        self.settings = settings
        self.followers = followers
    }

    /// - Throws: ``TaskServiceError/notFound(_:)``
    public func show(_ name: String, in registry: Registry) async throws -> TaskDefinition {
        guard let task = try await tasks.find(name, in: registry.name) else { throw TaskServiceError.notFound(name) }
        return task
    }

    /// By name.
    public func list(in registry: Registry) async throws -> [TaskDefinition] {
        try await tasks.list(registry: registry.name)
    }

    /// Writes what `change` makes of the stored task, if it can be carried out here.
    public func write(
        _ name: String, in registry: Registry, _ change: @escaping @Sendable (TaskDefinition?) throws -> TaskDefinition
    ) async throws -> TaskDefinition {
        let old = Mutex<TaskDefinition?>(nil)
        let task = try await tasks.update(name, in: registry.name) { [settings] stored in
            let task = try change(stored)
            try Self.check(task, settings)
            old.withLock { $0 = stored }
            return task
        }
        try await tell(name, in: registry, from: old.withLock(\.self))
        return task
    }

    /// Its runs stay. Deleting what does not exist is fine, and what can't be read any more.
    public func delete(_ name: String, in registry: Registry) async throws {
        let old = try await ifReadable { try await tasks.find(name, in: registry.name) }
        _ = try await tasks.delete(name, in: registry.name)
        try await tell(name, in: registry, from: old)
    }

    private func tell(_ name: String, in registry: Registry, from old: TaskDefinition?) async throws {
        for follower in followers { try await follower.taskChanged(name, in: registry.name, from: old) }
    }

    /// What a run of a task by hand comes to. That of a disabled task as well: it is its triggers that rest.
    public func submission(of name: String, _ overrides: TaskOverrides, in registry: Registry) async throws
        -> Submission
    {
        let task = try await show(name, in: registry)
        let request = try TaskRequest(task).request(with: overrides)
        let type: RunType = if case .build = request { .autoBuild } else { .autoRun }
        return Submission(request: request, type: type, task: task.name)
    }

    private static func check(_ task: TaskDefinition, _ settings: SchedulingSettings) throws {
        guard task.platform.os == "linux" else { throw RunServiceError.unsupportedPlatform(task.platform) }
        let timeout = Duration.seconds(task.timeoutSeconds)
        guard timeout <= settings.maxRunTimeout else {
            throw RunServiceError.timeoutTooLong(timeout, most: settings.maxRunTimeout)
        }
        if case .encoded(let step)? = task.step,
            let error = TaskFileCheck.errorOfSyntax(
                in: step, of: task, registry: task.registry, settings: settings.taskFiles)
        {
            throw RunServiceError.invalidTaskFile(error)
        }
        guard let location = task.step?.context.location?.value else { return }
        do {
            try SourcePolicy(addresses: settings.sources).check(location)
        } catch {
            throw RunServiceError.invalidSource(error)
        }
    }
}

/// Why a task can't be shown or run. ``code`` is the one the API answers with.
public enum TaskServiceError: Error, Equatable {
    case notFound(String)
    case withoutStep(String)
    /// It names a secret that can't be one.
    case invalidLogin(host: String)
    case overrideNotFitting(String, task: String)

    public var code: String {
        switch self {
        case .notFound: "ResourceNotFound"
        case .withoutStep: "TaskNotRunnable"
        case .invalidLogin: "InvalidName"
        case .overrideNotFitting: "InvalidParameter"
        }
    }
}

extension TaskServiceError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notFound(let name): "There is no task '\(name.escapedForDisplay)'."
        case .withoutStep(let name): "Task '\(name)' has no step that could be run."
        case .invalidLogin(let host):
            "The task's login for \(host.escapedForDisplay) names a secret by what is no https://VAULT/secrets/NAME. "
                + "Change it with 'slipway task credential update'."
        case .overrideNotFitting(let what, let task): "Task '\(task)' has no \(what) that could be overridden."
        }
    }
}
