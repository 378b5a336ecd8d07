import ResourceAPI
import Scheduling
import TaskModel

/// Reads any of the four requests for a run: what is to be done, and what kind of run that makes.
struct RequestReader: Sendable {
    let directory: RegistryDirectory
    let tasks: TaskService

    func read(_ wire: ScheduleRunRequest, in registry: Registry) async throws -> Submission {
        if case .taskRun(let request) = wire {
            guard let name = request.taskName(in: directory.id(of: registry)) else {
                throw TaskServiceError.notFound(request.taskId ?? "")
            }
            return try await tasks.submission(of: name, try request.overrides(), in: registry)
        }
        guard let request = try wire.runRequest() else { throw TaskServiceError.notFound("") }
        let type: RunType = if case .build = request { .quickBuild } else { .quickRun }
        return Submission(request: request, type: type)
    }
}
