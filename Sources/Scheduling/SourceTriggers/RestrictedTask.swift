import Contexts
import TaskModel

/// Why a task can't be run on what strangers wrote.
enum RestrictedTaskProblem: Error {
    /// A file of the task is not where it may be taken from.
    case missing(String)
    case unreadable(any Error)
}

extension TaskDefinition {
    /// The same task for what strangers wrote: without secrets and logins, it pushes nothing, and its task file and values are those of a
    /// commit that is not theirs.
    ///
    /// - Parameters:
    ///   - base: that commit, in the context's folder; nil if strangers have no hand in the context.
    ///   - limit: the most bytes of a file.
    func restricted(filesFrom base: GitRemote?, limit: Int) async throws(RestrictedTaskProblem) -> TaskDefinition {
        var task = self
        task.credentials = TaskCredentials(loginMode: RegistryLoginMode.none)
        switch step {
        case .docker(var step)?:
            step.isPushEnabled = false
            step.arguments.removeAll(where: \.isSecret)
            task.step = .docker(step)
        case .file(var step)?:
            step.values.removeAll(where: \.isSecret)
            guard let base else {
                task.step = .file(step)
                break
            }
            let content = try await Self.read(step.taskFilePath, base, limit)
            var values: Secret?
            if let path = step.valuesFilePath { values = try await Self.read(path, base, limit) }
            task.step = .encoded(
                TaskStep.EncodedStep(
                    context: step.context, content: content, valuesContent: values, values: step.values))
        case .encoded(var step)?:
            step.values.removeAll(where: \.isSecret)
            task.step = .encoded(step)
        case nil: break
        }
        return task
    }

    private static func read(_ path: String, _ base: GitRemote, _ limit: Int) async throws(RestrictedTaskProblem)
        -> Secret
    {
        let bytes: [UInt8]?
        do {
            bytes = try await base.file(path, limit: limit)
        } catch {
            throw .unreadable(error)
        }
        guard let bytes else { throw .missing(path) }
        return Secret(String(decoding: bytes, as: UTF8.self))
    }
}
