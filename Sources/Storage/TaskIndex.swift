import GRDB
import TaskModel

/// What is kept of tasks besides their sealed documents, so that triggers find them without opening them all. It changes with each task, in
/// the same transaction.
enum TaskIndex {
    static func put(_ task: TaskDefinition, in registry: String, _ db: GRDB.Database) throws {
        try TimerStore.put(task, in: registry, db)
        try TrackedImageStore.put(task, in: registry, db)
        try PollStore.put(task, in: registry, db)
    }

    static func remove(_ task: String, of registry: String, _ db: GRDB.Database) throws {
        try TimerStore.remove(task, of: registry, db)
        try TrackedImageStore.remove(task, of: registry, db)
        try PollStore.remove(task, of: registry, db)
    }
}
