public import TaskModel

/// A step of a run, as far as it has come (`properties.steps` of `GET P/runs/ID`, ours).
public struct RunStepProperties: Codable, Sendable, Hashable {
    public var id: String
    /// `cmd`, `build` or `push`.
    public var type: String?
    /// The ids of the steps that it waits for.
    public var dependsOn: [String]?
    /// `waiting`, `running`, `successful`, `failed`, `interrupted` or `skipped`.
    public var status: String?
    /// How many containers or builds were begun for it.
    public var launches: Int?
    /// Of its last container.
    public var exitCode: Int?
    public var errorMessage: String?
    public var startTime: Timestamp?
    public var finishTime: Timestamp?

    public init(
        id: String, type: String? = nil, dependsOn: [String]? = nil, status: String? = nil, launches: Int? = nil,
        exitCode: Int? = nil, errorMessage: String? = nil, startTime: Timestamp? = nil, finishTime: Timestamp? = nil
    ) {
        self.id = id
        self.type = type
        self.dependsOn = dependsOn
        self.status = status
        self.launches = launches
        self.exitCode = exitCode
        self.errorMessage = errorMessage
        self.startTime = startTime
        self.finishTime = finishTime
    }
}

extension RunStepProperties {
    public init(_ step: StepResult) {
        self.init(
            id: step.id, type: step.kind.rawValue, dependsOn: step.dependencies, status: step.status.rawValue,
            launches: step.launches, exitCode: step.exitCode, errorMessage: step.message,
            startTime: step.startTime.map(Timestamp.init), finishTime: step.finishTime.map(Timestamp.init))
    }
}
