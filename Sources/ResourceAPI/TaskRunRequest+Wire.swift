public import TaskModel

extension TaskRunRequest {
    /// What the run does differently, checked.
    public func overrides() throws(InvalidRequest) -> TaskOverrides {
        let step = overrideTaskStepProperties ?? OverrideTaskStepProperties()
        let field = "overrideTaskStepProperties"
        _ = try queue?.checked()
        return TaskOverrides(
            sourceLocation: try RequestChecks.source(step.contextPath),
            file: try RequestChecks.path(step.file, of: "a Dockerfile or task file", field: field + ".file"),
            target: try BuildRequest.checkedTarget(step.target),
            arguments: try BuildRequest.checkedArguments(step.arguments ?? []),
            values: try TaskFileRequest.checkedValues(step.values ?? []),
            agentPoolName: try RequestChecks.pool(agentPoolName),
            logTemplate: try RequestChecks.text(logTemplate, field: "logTemplate"), priority: queue?.priority,
            retryOnAgentLoss: queue?.retryOnAgentLoss)
    }

    /// The name of the task in this registry. Nil if the id names none of it: ids are compared without case.
    public func taskName(in registry: ResourceID) -> String? {
        guard let id = taskId.flatMap(ResourceID.init), id.children.count == 1,
            id.children[0].type.lowercased() == "tasks", id == registry.child(id.children[0].type, id.children[0].name)
        else { return nil }
        return id.children[0].name
    }
}
