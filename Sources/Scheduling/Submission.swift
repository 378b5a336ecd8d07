public import TaskModel

/// What a request for a run comes to: what is to be done, and what kind of run that makes.
public struct Submission: Sendable {
    public let request: RunRequest
    public let type: RunType
    /// The stored task that it is a run of.
    public let task: String?

    public init(request: RunRequest, type: RunType, task: String? = nil) {
        self.request = request
        self.type = type
        self.task = task
    }
}
