import AgentProtocol
import DockerEngine
import TaskFiles
import TaskModel

/// Where the cache of a build is read from and written to, besides the daemon's own.
struct BuildCache: Sendable, Hashable {
    enum Target: Sendable, Hashable {
        case inline
        case registry(ImageReference)
    }

    var sources: [ImageReference] = []
    var target: Target?
    /// Whether the steps of all stages were asked for.
    var isComplete = false
    /// Whether a cache that can't be written fails the build.
    var isRequired = true

    /// The image that is pushed for the cache alone.
    var image: ImageReference? {
        if case .registry(let image)? = target { image } else { nil }
    }

    init() {}

    /// That of a build request.
    ///
    /// - Parameters:
    ///   - registry: the login server for names without a registry.
    ///   - others: login servers besides that names may begin with.
    ///   - render: fills templates in.
    init(
        _ request: BuildRequest, registry: String, others: Set<String> = [], render: (String) throws -> String
    ) throws {
        func isKnown(_ name: String) -> Bool {
            let first = name.prefix { $0 != "/" }.lowercased()
            return name.contains("/") && (first == registry.lowercased() || others.contains(first))
        }
        // It may be read from anywhere, and is written where images are.
        sources = try request.cacheSources.map { name in
            let name = try render(name)
            let isWhole = isKnown(name) || Self.hasRegistry(name)
            return try ImageReference(isWhole ? name : "\(registry)/\(name)").completed
        }
        switch request.cacheTarget {
        case .inline?: target = .inline
        case .registry(let name, let isComplete)?:
            target = .registry(try QualifiedName(try render(name), registry: registry, others: others).image)
            self.isComplete = isComplete
        case nil: break
        }
    }

    /// That of a build step. `cache: enabled` reads from and writes to one image: the repository of the first tag with a
    /// registry, else of the first tag in the run's registry, with the tag `cache_TASK_STEP`. (As in ACR Tasks, which
    /// takes any first part of a name for a registry.)
    ///
    /// - Parameters:
    ///   - registry: the run's login server.
    ///   - task: nil for a run without a task.
    init(_ build: BuildCommand, step: String, registry: String, task: String?) throws {
        sources = try build.cacheSources.map { try ImageReference($0).completed }
        switch build.cacheTarget {
        case .inline?: target = .inline
        case .registry(let name, let isComplete)?:
            target = .registry(try ImageReference(name).completed)
            self.isComplete = isComplete
        case nil: break
        }
        let tag = "cache_\(task ?? "quickrun")_\(step)"
        guard build.isCached, target == nil, ImageReference.isTag(tag),
            let name = build.tags.first(where: Self.hasRegistry) ?? build.tags.first
        else { return }
        let tagged = try ImageReference(Self.hasRegistry(name) ? name : "\(registry)/\(name)")
        let image = ImageReference(registry: tagged.registry, repository: tagged.repository, tag: tag)
        sources.append(image)
        target = .registry(image)
        isRequired = false
    }

    /// That of one platform of several, which has its own image beside the one of this name: `cache:1-linux-arm64`.
    func part(for platform: Platform) -> BuildCache {
        let suffix = "-" + platform.description.replacing("/", with: "-")
        func beside(_ image: ImageReference) -> ImageReference {
            ImageReference(
                registry: image.registry, repository: image.repository, tag: (image.tag ?? "latest") + suffix)
        }
        var part = self
        part.sources = sources.flatMap { $0.digest == nil ? [$0, beside($0)] : [$0] }
        part.target = image.map { .registry(beside($0)) } ?? target
        return part
    }

    /// Whether an image name begins with a registry, as docker's client sees it.
    private static func hasRegistry(_ name: String) -> Bool {
        guard let slash = name.firstIndex(of: "/") else { return false }
        let first = name[..<slash]
        return first.contains(".") || first.contains(":") || first == "localhost"
    }

    /// Tells a builder. A build argument that no `ARG` declares leaves no trace in the image.
    func apply(to options: inout BuildOptions) {
        options.cacheSources = sources.map(\.description)
        if target != nil {
            options.arguments.append(
                BuildArgument(name: "BUILDKIT_INLINE_CACHE", value: Secret("1"), isSecret: false))
        }
    }

    /// What is not done as asked, for the log.
    ///
    /// - Parameter isBuildKit: whether BuildKit builds.
    func notices(isBuildKit: Bool) -> [String] {
        var notices: [String] = []
        if isBuildKit, isComplete {
            notices.append(
                "Warning: mode=max can't be had: through its API this docker daemon writes a cache into images only, with the "
                    + "steps of the last stage. Those are written.")
        }
        if !isBuildKit, target != nil {
            notices.append("Warning: the classic builder writes no cache for others; only BuildKit does.")
        }
        if !isBuildKit, !sources.isEmpty {
            notices.append(
                "Warning: the classic builder takes layers only of those cache images that the docker daemon has.")
        }
        return notices
    }
}

extension CacheDomain {
    /// Keeps a build's `RUN` steps and cache mounts apart from those of other domains. Both enter the keys of the cache,
    /// and neither gets into an image: hosts files are mounted for a step's time, and nobody declares the argument.
    func apply(to options: inout BuildOptions) {
        options.extraHosts.append("\(text).slipway-cache.invalid:0.0.0.0")
        options.arguments.append(
            BuildArgument(name: "BUILDKIT_CACHE_MOUNT_NS", value: Secret(text), isSecret: false))
    }
}
