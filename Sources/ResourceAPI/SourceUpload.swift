/// Where to put a context: the answer of `POST P/listBuildSourceUploadUrl`.
public struct SourceUpload: Codable, Sendable, Hashable {
    /// Takes a `PUT` of a tar archive, plain or compressed, without a login.
    public var uploadUrl: String
    /// What `sourceLocation` of a build request says to mean this upload.
    public var relativePath: String
    /// Ours: the compressions that are taken, as in `zstd`. Missing from other servers, which take gzip.
    public var compressions: [String]?

    public init(uploadUrl: String, relativePath: String, compressions: [String]? = nil) {
        self.uploadUrl = uploadUrl
        self.relativePath = relativePath
        self.compressions = compressions
    }
}

/// Where a log is read: the answer of `POST P/runs/ID/listLogSasUrl`.
public struct LogLink: Codable, Sendable, Hashable {
    /// Takes `HEAD` and ranged `GET`, without a login.
    public var logLink: String?
    public var logArtifactLink: String?

    public init(logLink: String?, logArtifactLink: String? = nil) {
        self.logLink = logLink
        self.logArtifactLink = logArtifactLink
    }
}
