import TaskModel

extension ResourceClient {
    /// By name (`GET P/tasks`).
    public func tasks(in registry: ResourceID) async throws -> [TaskResource] {
        try await list("\(registry)/tasks", apiVersion: APIVersion.runs)
    }

    /// `GET P/tasks/T`, or `POST P/tasks/T/listDetails`, which shows the secrets too.
    public func task(_ id: ResourceID, revealing: Bool = false) async throws -> TaskResource {
        revealing
            ? try await post("\(id)/listDetails", apiVersion: APIVersion.runs)
            : try await get(id.description, apiVersion: APIVersion.runs)
    }

    /// Makes a task, or replaces the one of that name (`PUT P/tasks/T`).
    public func putTask(_ id: ResourceID, _ task: TaskResource) async throws -> TaskResource {
        try await put(id.description, apiVersion: APIVersion.runs, body: task)
    }

    /// Changes a task (`PATCH P/tasks/T`): what is absent stays, what is null goes.
    public func patchTask(_ id: ResourceID, _ change: some Encodable) async throws -> TaskResource {
        try await patch(id.description, apiVersion: APIVersion.runs, body: change)
    }

    /// `DELETE P/tasks/T`.
    public func deleteTask(_ id: ResourceID) async throws {
        try await delete(id.description, apiVersion: APIVersion.runs)
    }
}
