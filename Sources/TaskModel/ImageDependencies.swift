/// What an image that a run built stands on: the record that base image triggers live on.
///
/// Encoded as ACR Tasks writes it: `image`, `runtime-dependency`, `buildtime-dependency`, `git`.
public struct ImageDependencies: Sendable, Hashable, Codable {
    /// An image with what was behind its name.
    public struct Image: Sendable, Hashable, Codable {
        /// `registry.hub.docker.com` for Docker Hub.
        public let registry: String
        /// With `library/` for Docker Hub's own.
        public let repository: String
        public let tag: String
        /// Of a built image the one that its registry gave it; of a base the one that the build resolved. Empty if
        /// there is none: it was not pushed, or made on the daemon.
        public let digest: String
        /// As somebody wrote it, with `:latest` if it had neither tag nor digest.
        public let reference: String

        public init(registry: String, repository: String, tag: String, digest: String, reference: String) {
            self.registry = registry
            self.repository = repository
            self.tag = tag
            self.digest = digest
            self.reference = reference
        }
    }

    public struct Git: Sendable, Hashable, Codable {
        public let revision: String

        public init(revision: String) {
            self.revision = revision
        }

        private enum CodingKeys: String, CodingKey {
            case revision = "git-head-revision"
        }
    }

    /// Nil for a build without a name.
    public let image: Image?
    /// The base of the last stage.
    public let runtime: Image?
    /// Bases of other stages; nil if there are none.
    public let buildtime: [Image]?
    /// The commit that it was built from.
    public let git: Git?

    public init(image: Image?, runtime: Image?, buildtime: [Image]?, git: Git?) {
        self.image = image
        self.runtime = runtime
        self.buildtime = buildtime
        self.git = git
    }

    private enum CodingKeys: String, CodingKey {
        case image, git
        case runtime = "runtime-dependency"
        case buildtime = "buildtime-dependency"
    }

    /// `image`, `runtime-dependency` and `buildtime-dependency` are there also when they are null.
    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(image, forKey: .image)
        try members.encode(runtime, forKey: .runtime)
        try members.encode(buildtime, forKey: .buildtime)
        try members.encodeIfPresent(git, forKey: .git)
    }
}
