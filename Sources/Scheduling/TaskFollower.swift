public import TaskModel

/// Somebody who does something about tasks that are written or deleted.
public protocol TaskFollower: Sendable {
    /// A task was written or deleted; how it is now stands in the store. It may be told twice, and after a restart not at all.
    ///
    /// - Parameter old: the task before; nil for a new one.
    func taskChanged(_ name: String, in registry: String, from old: TaskDefinition?) async throws
}

extension HookKeeper: TaskFollower {}
