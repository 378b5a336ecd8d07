public import TaskModel

/// The body of `POST P/scheduleRun`, told apart by its field `type`.
public enum ScheduleRunRequest: Sendable, Hashable {
    case dockerBuild(DockerBuildRequest)
    /// A kind of request that the API knows and this server does not carry out yet.
    case notSupported(Kind)

    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case dockerBuild = "DockerBuildRequest"
        case fileTask = "FileTaskRunRequest"
        case encodedTask = "EncodedTaskRunRequest"
        case taskRun = "TaskRunRequest"
    }

    /// What is asked for, checked.
    public func runRequest() throws(InvalidRequest) -> RunRequest {
        switch self {
        case .dockerBuild(let request):
            return .build(try BuildRequest(request))
        case .notSupported(let kind):
            throw InvalidRequest(
                code: "NotSupported",
                message: "Requests of type \(kind.rawValue) are not supported yet. Send a DockerBuildRequest.",
                target: "type")
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
        self = kind == .dockerBuild ? .dockerBuild(try DockerBuildRequest(from: decoder)) : .notSupported(kind)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .dockerBuild(let request):
            try container.encode(Kind.dockerBuild.rawValue, forKey: .type)
            try request.encode(to: encoder)
        case .notSupported(let kind):
            try container.encode(kind.rawValue, forKey: .type)
        }
    }
}

/// A request to build one image, as it is on the wire.
public struct DockerBuildRequest: Codable, Sendable, Hashable {
    public var imageNames: [String]?
    public var isPushEnabled: Bool?
    /// A git reference, the URL of an archive or a Dockerfile, or the `relativePath` of an upload.
    public var sourceLocation: String?
    public var dockerFilePath: String?
    public var platform: PlatformProperties?
    public var arguments: [Argument]?
    public var target: String?
    /// In seconds.
    public var timeout: Int?
    public var agentPoolName: String?
    public var logTemplate: String?
    public var credentials: Credentials?
    public var isArchiveEnabled: Bool?
    public var noCache: Bool?
    /// Ours: labels for the image.
    public var labels: [String: String]?
    /// Ours: `buildkit` or `classic`.
    public var builder: String?
    /// Ours: false for an upload that is taken as it is, without the rules of an ignore file in it. Default: true.
    public var appliesIgnoreFile: Bool?
    /// Ours: puts `.git` into the context of a folder or a git repository, whatever the ignore file says.
    public var includeGit: Bool?

    public init() {}

    public struct Credentials: Codable, Sendable, Hashable {
        public var sourceRegistry: SourceRegistry?

        public init(sourceRegistry: SourceRegistry? = nil) {
            self.sourceRegistry = sourceRegistry
        }
    }

    public struct SourceRegistry: Codable, Sendable, Hashable {
        /// `Default` or `None`.
        public var loginMode: String?
        public var identity: String?

        public init(loginMode: String? = nil, identity: String? = nil) {
            self.loginMode = loginMode
            self.identity = identity
        }
    }

    /// A build argument. Its value is kept as a secret whatever `isSecret` says.
    public struct Argument: Sendable, Hashable {
        public var name: String
        public var value: Secret
        public var isSecret: Bool

        public init(name: String, value: Secret, isSecret: Bool) {
            self.name = name
            self.value = value
            self.isSecret = isSecret
        }
    }
}

extension DockerBuildRequest.Argument: Codable {
    private enum CodingKeys: String, CodingKey {
        case type
        case name
        case value
        case isSecret
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        value = Secret(try container.decodeIfPresent(String.self, forKey: .value) ?? "")
        isSecret = try container.decodeIfPresent(Bool.self, forKey: .isSecret) ?? false
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode("Argument", forKey: .type)
        try container.encode(name, forKey: .name)
        try container.encode(value.value, forKey: .value)
        try container.encode(isSecret, forKey: .isSecret)
    }
}
