public import Contexts
public import TaskModel

/// What is built, whichever way it is sent to the builder.
public struct BuildInput: Sendable {
    /// What `COPY . /` sees.
    public var walk: any ContextWalk
    public var dockerfile: [UInt8]
    /// Relative to the root of the context; the builder's log shows it.
    public var dockerfilePath: String
    /// Whether the walk visits the Dockerfile. If not, it is sent beside the context.
    public var isDockerfileIncluded: Bool
    /// Asked when a registry wants a login, with the registry's name as image names spell it (`docker.io`,
    /// `host[:port]`). Nil is anonymous.
    public var credentials: @Sendable (_ registryHost: String) async -> Credential?
    /// All credentials by registry: the classic builder asks nothing and must be given them beforehand.
    public var allCredentials: [String: Credential]
    /// Keeps passwords from the daemon where registries want tokens; nil lets the daemon fetch them. BuildKit only.
    public var tokens: RegistryTokens?
    /// What `RUN --mount=type=secret` finds, by id. BuildKit only.
    public var secrets: [String: [UInt8]]
    /// What `RUN --mount=type=ssh` reaches, by id; `default` where the Dockerfile names none. BuildKit only.
    public var sshAgents: [String: any SSHAgent] = [:]
    /// How the files reach the builder. The classic builder knows archives alone.
    public var transfer: ContextTransfer = .files
    /// Files that are younger get this time, in seconds since 1970, and all files their own: it asks for an archive.
    public var latestTime: Int64?
    /// Under what the daemon keeps the files for later builds. Nil, and a context whose files are not known before they
    /// are read, keeps them for this build alone.
    public var contextKey: ContextKey?

    /// - Parameter credentials: nil looks registries up in `allCredentials`.
    public init(
        walk: any ContextWalk, dockerfile: [UInt8], dockerfilePath: String = "Dockerfile", isDockerfileIncluded: Bool,
        credentials: (@Sendable (_ registryHost: String) async -> Credential?)? = nil,
        allCredentials: [String: Credential] = [:],
        secrets: [String: [UInt8]] = [:]
    ) {
        self.walk = walk
        self.dockerfile = dockerfile
        self.dockerfilePath = dockerfilePath
        self.isDockerfileIncluded = isDockerfileIncluded
        self.credentials = credentials ?? { allCredentials[$0] }
        self.allCredentials = allCredentials
        self.secrets = secrets
    }

    /// The Dockerfile as an entry of the context.
    var dockerfileEntry: InMemoryEntry { InMemoryEntry(file: dockerfilePath, bytes: dockerfile) }

    /// Whether the files travel in an archive.
    public var asksForArchive: Bool { transfer == .tar || latestTime != nil }

    /// ``walk`` as it is packed.
    var archiveWalk: any ContextWalk { latestTime.map { ClampedWalk(walk, latest: $0) } ?? walk }

    /// The key under which the daemon may keep the files.
    var usableKey: ContextKey? {
        !asksForArchive && ContextListing.identifiesFiles(of: walk) ? contextKey : nil
    }

    /// The times of files that are sent one by one.
    var fileTimes: FileTimes { asksForArchive ? .own(latest: latestTime) : .contents(usableKey) }
}

/// How it is built.
public struct BuildOptions: Sendable {
    /// Names for the image, each with its tag.
    public var tags: [String]
    public var arguments: [BuildArgument]
    /// The stage to build; nil for the last.
    public var target: String?
    public var labels: [BuildLabel]
    public var noCache: Bool
    /// Ask the registries for bases, also for those that the daemon has.
    public var pull: Bool
    /// Nil is the daemon's own.
    public var platform: Platform?
    public var builder: BuilderChoice
    /// Images whose layers may be used.
    public var cacheSources: [String] = []
    /// `none` or `host` for `RUN`; nil is the daemon's default bridge.
    public var network: String?
    /// `name:address` each.
    public var extraHosts: [String] = []
    /// Of `RUN`. BuildKit knows shared memory and limits of processes alone.
    public var limits = ContainerLimits()

    public init(
        tags: [String] = [], arguments: [BuildArgument] = [], target: String? = nil, labels: [BuildLabel] = [],
        noCache: Bool = false,
        pull: Bool = false, platform: Platform? = nil, builder: BuilderChoice = .buildKit
    ) {
        self.tags = tags
        self.arguments = arguments
        self.target = target
        self.labels = labels
        self.noCache = noCache
        self.pull = pull
        self.platform = platform
        self.builder = builder
    }
}

/// What came out of a build.
public struct BuildResult: Sendable, Hashable {
    /// `sha256:` and 64 hexadecimal digits.
    public let imageID: String
    /// Those that the builder told of, in its order.
    public let baseImages: [BaseImage]
    /// The image of a `# syntax=` line, if the builder fetched one.
    public let frontend: BaseImage?
    /// Which builder it was: a daemon may have the classic one alone.
    public let builder: BuilderChoice
    /// Of a context whose files were sent one by one; nil for one that came as an archive, or that no step needed.
    public var transfer: TransferStatistics?

    public init(imageID: String, baseImages: [BaseImage], frontend: BaseImage? = nil, builder: BuilderChoice) {
        self.imageID = imageID
        self.baseImages = baseImages
        self.frontend = frontend
        self.builder = builder
    }
}
