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
    /// What its builder did, of a step that builds.
    public var vertices: [BuildVertexProperties]?
    /// How many more there are that are not kept; missing if none.
    public var omittedVertices: Int?

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
    /// - Parameter builds: of the run.
    public init(_ step: StepResult, builds: [BuildVertices] = []) {
        self.init(
            id: step.id, type: step.kind.rawValue, dependsOn: step.dependencies, status: step.status.rawValue,
            launches: step.launches, exitCode: step.exitCode, errorMessage: step.message,
            startTime: step.startTime.map(Timestamp.init), finishTime: step.finishTime.map(Timestamp.init))
        let own = builds.filter { $0.step == step.id }
        guard !own.isEmpty else { return }
        vertices = own.flatMap { build in
            build.vertices.map { BuildVertexProperties($0, platform: build.platform) }
        }
        if let omitted = own.map(\.omitted).max(), omitted > 0 { omittedVertices = omitted }
    }
}
