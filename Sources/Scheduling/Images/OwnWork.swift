import Contexts
import TaskModel

extension Run {
    /// Whether it carried out what its task says, so that what it stood on is what the task stands on: no pull request, nothing of
    /// strangers, and source, file, target and arguments those of the task. A commit to the task's own branch counts.
    func isOwnWork(of task: TaskDefinition) -> Bool {
        // A task that can make no run has none of its own.
        guard !isRestricted, let own = try? TaskRequest(task).request(with: TaskOverrides()),
            takes(own.common.sourceLocation, of: task)
        else { return false }
        switch (request, own) {
        case (.build(let request), .build(let own)):
            return request.dockerFilePath == own.dockerFilePath && request.target == own.target
                && request.arguments == own.arguments
        case (.taskFile(let request), .taskFile(let own)):
            return request.taskFile == own.taskFile && request.valuesFile == own.valuesFile
                && request.values == own.values
        default: return false
        }
    }

    private func takes(_ source: String?, of task: TaskDefinition) -> Bool {
        if case .source(let event)? = trigger, event.kind == .pullRequest || event.isFork { return false }
        if request.common.sourceLocation == source { return true }
        guard let location = request.common.sourceLocation, case .git(let taken)? = try? ContextLocation(location),
            let own = task.contextReference, taken.remote == own.remote, taken.subdir == own.subdir
        else { return false }
        if taken.ref == own.ref, taken.commit == own.commit { return true }
        guard case .source(let event)? = trigger, let branch = event.branch,
            let definition = task.triggers.source.first(where: { $0.name == event.trigger })
        else { return false }
        let prefix = "refs/heads/"
        if let ref = own.ref { return (ref.hasPrefix(prefix) ? String(ref.dropFirst(prefix.count)) : ref) == branch }
        // Without a filter the default branch alone makes runs.
        guard let named = definition.namedBranch(of: task) else { return definition.filter?.branches == nil }
        return named == branch
    }
}
