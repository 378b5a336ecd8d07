public import TaskModel

/// Keeps tasks. Each method is one transaction; when it returns, what it did is on the disk. Names are compared without
/// case.
public protocol TaskStore: Sendable {
    func find(_ name: String, in registry: String) async throws -> TaskDefinition?

    /// By name; without those that can't be read any more.
    func list(registry: String) async throws -> [TaskDefinition]

    /// The names of all of them.
    func names(in registry: String) async throws -> [String]

    /// Writes what `change` makes of the stored task; nobody else writes it in between.
    ///
    /// - Parameter change: gets the stored task, nil if there is none that can be read. What it throws is thrown, and nothing is written.
    func update(
        _ name: String, in registry: String, _ change: @escaping @Sendable (TaskDefinition?) throws -> TaskDefinition
    ) async throws -> TaskDefinition

    /// - Returns: whether there was one.
    func delete(_ name: String, in registry: String) async throws -> Bool
}
