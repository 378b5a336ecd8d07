/// Where to put a context: the answer of `POST P/listBuildSourceUploadUrl`.
public struct SourceUpload: Codable, Sendable, Hashable {
    /// Takes a `PUT` of a tar.gz, without a login.
    public var uploadUrl: String
    /// What `sourceLocation` of a build request says to mean this upload.
    public var relativePath: String

    public init(uploadUrl: String, relativePath: String) {
        self.uploadUrl = uploadUrl
        self.relativePath = relativePath
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
