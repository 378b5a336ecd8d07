public import TaskModel

/// An image that a build of a run stood on (`properties.baseImages` of `GET P/runs/ID`, ours).
public struct BaseImageProperties: Codable, Sendable, Hashable {
    /// The build step.
    public var step: String?
    /// What it was built for, where the step builds for several.
    public var platform: String?
    /// Host and port; `docker.io` for Docker Hub.
    public var registry: String?
    public var repository: String?
    /// Missing where a digest names the image.
    public var tag: String?
    /// `runtime`, `buildtime` or `syntax`.
    public var use: String?
    /// What the name stood for; missing for an image of the daemon that no registry has.
    public var digest: String?
    /// Who told the digest: `reference` (the Dockerfile), `builder`, `registry` or `daemon`.
    public var digestSource: String?
    /// What the registry had by the name after the build; missing where it was not asked, or did not answer.
    public var registryDigest: String?
    /// Whether the name stood for another image then; missing where that is not known.
    public var isMoved: Bool?
    /// Why the registry could not be asked.
    public var problem: String?

    public init(registry: String? = nil, repository: String? = nil, tag: String? = nil) {
        self.registry = registry
        self.repository = repository
        self.tag = tag
    }
}

extension BaseImageProperties {
    public init(_ base: BaseImageRecord) {
        self.init(registry: base.image.registry, repository: base.image.repository, tag: base.image.tag)
        step = base.step
        platform = base.platform?.description
        use = base.use.rawValue
        digest = base.digest
        digestSource = base.source?.rawValue
        registryDigest = base.registryDigest
        // What the registry told after the build can't be compared with itself.
        if base.digest != nil, base.registryDigest != nil, base.source != .registry { isMoved = base.isMoved }
        problem = base.problem
    }
}
