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
    /// Ours: files for `RUN --mount=type=secret`, in Base64.
    public var secrets: [NamedSecret]?
    /// Ours: private keys for `RUN --mount=type=ssh`, as ssh keeps them in files.
    public var sshKeys: [NamedSecret]?
    /// Ours: two or more platforms for one image; `platform` is the first then.
    public var platforms: [PlatformProperties]?
    /// Ours: images whose layers may be used.
    public var cacheFrom: [String]?
    /// Ours: `inline`, or the name of an image, which `cacheMode` belongs to.
    public var cacheTo: String?
    /// Ours: `min` or `max`.
    public var cacheMode: String?
    /// Ours: `files` or `tar`.
    public var contextTransfer: String?
    /// Ours: the latest time of files in the context, in seconds since 1970.
    public var sourceDateEpoch: Int64?
    /// Ours: `oci` or `docker`, to keep the image for a download.
    public var keptOutput: String?
    /// Ours.
    public var queue: QueueProperties?

    public init() {}
}
