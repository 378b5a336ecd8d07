/// An image that a build of a run stood on, with what was behind its name.
public struct BaseImageRecord: Sendable, Hashable {
    public enum Use: String, Sendable, Hashable {
        /// The image that was built begins with it.
        case runtime
        /// Only other stages, `COPY --from` or `RUN --mount=from=` need it.
        case buildtime
        /// The frontend that a `# syntax=` line names.
        case syntax
    }

    /// Who told the digest.
    public enum Source: String, Sendable, Hashable {
        /// The Dockerfile itself, which names the image by its digest.
        case reference
        /// The builder, as it resolved the name.
        case builder
        /// The registry, asked after the build: the builder tells none for images that are only copied from.
        case registry
        /// The daemon, whose own image was used: what a registry once called it.
        case daemon
    }

    /// The build step of the run.
    public let step: String
    /// What it was built for, where the step builds for several; nil otherwise.
    public var platform: Platform?
    /// With a tag or a digest.
    public let image: ImageReference
    public let use: Use
    /// Of the index if there is one. Nil for an image of the daemon that no registry has, and where nobody could tell.
    public let digest: String?
    /// Nil if there is no digest.
    public let source: Source?
    /// What the tag names in the registry, asked after the build; nil for digest references, and if it did not answer.
    public let registryDigest: String?
    /// Why the registry did not tell, for people; nil if it did, or was not asked.
    public let problem: String?

    public init(
        step: String, platform: Platform? = nil, image: ImageReference, use: Use, digest: String?,
        source: Source?, registryDigest: String? = nil, problem: String? = nil
    ) {
        self.step = step
        self.platform = platform
        self.image = image
        self.use = use
        self.digest = digest
        self.source = digest == nil ? nil : source
        self.registryDigest = registryDigest
        self.problem = problem
    }

    /// Whether the tag has been given to another image since the build resolved it.
    public var isMoved: Bool {
        guard let digest, let registryDigest else { return false }
        return digest != registryDigest
    }
}

/// A task whose last successful run stood on a certain image.
public struct ImageDependent: Sendable, Hashable {
    /// The name of the run's registry.
    public let registry: String
    public let task: String
    public let run: RunID
    /// What the image's name stood for then; nil if nobody could tell.
    public let digest: String?

    public init(registry: String, task: String, run: RunID, digest: String?) {
        self.registry = registry
        self.task = task
        self.run = run
        self.digest = digest
    }
}
