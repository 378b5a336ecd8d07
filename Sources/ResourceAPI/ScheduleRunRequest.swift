public import TaskModel

/// The body of `POST P/scheduleRun`, told apart by its field `type`.
public enum ScheduleRunRequest: Sendable, Hashable {
    case dockerBuild(DockerBuildRequest)
    case fileTask(FileTaskRunRequest)
    case encodedTask(EncodedTaskRunRequest)
    case taskRun(TaskRunRequest)

    private enum Kind: String, CaseIterable {
        case dockerBuild = "DockerBuildRequest"
        case fileTask = "FileTaskRunRequest"
        case encodedTask = "EncodedTaskRunRequest"
        case taskRun = "TaskRunRequest"
    }

    /// What is asked for, checked. Nil for a run of a stored task, which says what is to be done.
    public func runRequest() throws(InvalidRequest) -> RunRequest? {
        switch self {
        case .dockerBuild(let request): .build(try BuildRequest(request))
        case .fileTask(let request): .taskFile(try TaskFileRequest(request))
        case .encodedTask(let request): .taskFile(try TaskFileRequest(request))
        case .taskRun: nil
        }
    }
}

extension ScheduleRunRequest: Codable {
    private enum CodingKeys: String, CodingKey {
        case type
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let type = try container.decode(String.self, forKey: .type)
        guard let kind = Kind.allCases.first(where: { $0.rawValue.lowercased() == type.lowercased() }) else {
            let known = Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorruptedError(
                forKey: .type, in: container, debugDescription: "'\(type.escapedForDisplay)' is none of \(known)")
        }
        self =
            switch kind {
            case .dockerBuild: .dockerBuild(try DockerBuildRequest(from: decoder))
            case .fileTask: .fileTask(try FileTaskRunRequest(from: decoder))
            case .encodedTask: .encodedTask(try EncodedTaskRunRequest(from: decoder))
            case .taskRun: .taskRun(try TaskRunRequest(from: decoder))
            }
    }

    public func encode(to encoder: any Encoder) throws {
        let (kind, request): (Kind, any Encodable) =
            switch self {
            case .dockerBuild(let request): (.dockerBuild, request)
            case .fileTask(let request): (.fileTask, request)
            case .encodedTask(let request): (.encodedTask, request)
            case .taskRun(let request): (.taskRun, request)
            }
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind.rawValue, forKey: .type)
        try request.encode(to: encoder)
    }
}
