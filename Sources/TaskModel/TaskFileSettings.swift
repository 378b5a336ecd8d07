/// What an installation sets for all task files.
public struct TaskFileSettings: Sendable, Hashable {
    /// An image with `sh` and the docker client, for commands that need a shell.
    public var shellImage: String
    /// Replaces or adds names of images that every file of version v1.1.0 knows: `bash`, `curl`, `az`, `acr`, `cssc`.
    public var aliasImages: [String: String]
    /// Whether `alias: src:` may name https URLs.
    public var allowsRemoteAliases: Bool

    public init(shellImage: String = "docker", aliasImages: [String: String] = [:], allowsRemoteAliases: Bool = false) {
        self.shellImage = shellImage
        self.aliasImages = aliasImages
        self.allowsRemoteAliases = allowsRemoteAliases
    }
}
