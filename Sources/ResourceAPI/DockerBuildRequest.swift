/// A request to build one image, as it is on the wire.
public struct DockerBuildRequest: Codable, Sendable, Hashable {
    public var imageNames: [String]?
    public var isPushEnabled: Bool?
    /// A git reference, the URL of an archive or a Dockerfile, or the `relativePath` of an upload.
    public var sourceLocation: String?
    public var dockerFilePath: String?
    public var platform: PlatformProperties?
    public var arguments: [ArgumentProperties]?
    public var target: String?
    /// In seconds.
    public var timeout: Int?
    public var agentPoolName: String?
    public var agentConfiguration: AgentConfiguration?
    public var logTemplate: String?
    public var credentials: CredentialsProperties?
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
}
