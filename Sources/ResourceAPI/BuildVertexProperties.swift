public import TaskModel

/// What a builder did for a step of a run: a step of the Dockerfile, or one of its own (`properties.steps[].vertices` of
/// `GET P/runs/ID`, ours).
public struct BuildVertexProperties: Codable, Sendable, Hashable {
    /// Before its lines in the log; missing if it has none.
    public var number: Int?
    public var name: String?
    /// What it builds for, where the step builds for several.
    public var platform: String?
    /// `waiting`, `running`, `successful`, `cached`, `failed`, `interrupted` or `skipped`.
    public var status: String?
    public var errorMessage: String?
    public var startTime: Timestamp?
    public var finishTime: Timestamp?
    /// How long it took; less than the time between where it paused.
    public var seconds: Double?
    /// Transferred.
    public var bytes: Int64?

    public init(
        number: Int? = nil, name: String? = nil, platform: String? = nil, status: String? = nil,
        errorMessage: String? = nil, startTime: Timestamp? = nil, finishTime: Timestamp? = nil,
        seconds: Double? = nil, bytes: Int64? = nil
    ) {
        self.number = number
        self.name = name
        self.platform = platform
        self.status = status
        self.errorMessage = errorMessage
        self.startTime = startTime
        self.finishTime = finishTime
        self.seconds = seconds
        self.bytes = bytes
    }
}

extension BuildVertexProperties {
    public init(_ vertex: BuildVertex, platform: Platform? = nil) {
        self.init(
            number: vertex.number, name: vertex.name, platform: platform?.description, status: vertex.status.rawValue,
            errorMessage: vertex.error, startTime: vertex.startTime.map(Timestamp.init),
            finishTime: vertex.finishTime.map(Timestamp.init),
            seconds: vertex.seconds.map { ($0 * 1000).rounded() / 1000 }, bytes: vertex.bytes)
    }
}
