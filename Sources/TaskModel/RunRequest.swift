/// What somebody asks to be run.
public enum RunRequest: Sendable, Hashable {
    case build(BuildRequest)
    case taskFile(TaskFileRequest)

    /// What every kind of request says.
    public var common: any CommonRequest {
        switch self {
        case .build(let request): request
        case .taskFile(let request): request
        }
    }

    /// The same with these logins at other registries, and none left in a vault.
    public func with(_ credentials: [String: Credential]) -> RunRequest {
        switch self {
        case .build(var request):
            request.customCredentials = credentials
            request.vaultLogins = [:]
            return .build(request)
        case .taskFile(var request):
            request.customCredentials = credentials
            request.vaultLogins = [:]
            return .taskFile(request)
        }
    }
}

/// What every kind of request says: where its context is, and how its run goes.
public protocol CommonRequest: Sendable {
    /// Where the context comes from: a git reference (`https://host/repo.git#ref:folder`), the URL of an archive or a
    /// Dockerfile, or the path that an upload was given. Nil for a run without a context.
    var sourceLocation: String? { get }
    var appliesIgnoreFile: Bool { get }
    var includeGit: Bool { get }
    var platform: Platform { get }
    var cpu: Int? { get }
    var timeout: Duration? { get }
    var agentPoolName: String? { get }
    var logTemplate: String? { get }
    var loginMode: RegistryLoginMode { get }
    var customCredentials: [String: Credential] { get }
    var vaultLogins: [String: VaultLogin] { get }
    var queue: QueueSettings { get }
    /// What the request itself wants kept out of logs.
    var secrets: [Secret] { get }
}

/// A request to build one image and push it (`DockerBuildRequest` of the resource API).
public struct BuildRequest: CommonRequest, Hashable {
    /// Where the context comes from: a git reference (`https://host/repo.git#ref:folder`), the URL of an archive or a
    /// Dockerfile, or the path that an upload was given.
    public var sourceLocation: String?
    /// Whether an upload is a folder that somebody packed, whose ignore file says what is a part of it. False for an
    /// archive that is taken as it is.
    public var appliesIgnoreFile: Bool
    /// Puts `.git` into the context, as `!.git/**` at the end of the ignore file would.
    public var includeGit: Bool
    /// As typed: without a registry the run's own is meant; `{{.Run.ID}}` and its like are filled in when the run starts.
    public var imageNames: [String]
    public var isPushEnabled: Bool
    public var noCache: Bool
    /// Relative to the context; nil is `Dockerfile`.
    public var dockerFilePath: String?
    public var target: String?
    public var arguments: [BuildArgument]
    /// What `RUN --mount=type=secret` finds, besides secret arguments.
    public var buildSecrets: [BuildSecret]
    /// What `RUN --mount=type=ssh` finds.
    public var sshKeys: [BuildSSHKey]
    public var labels: [BuildLabel]
    /// The first of ``platforms`` if there are several.
    public var platform: Platform
    /// Two or more for an image of several platforms; empty for one.
    public var platforms: [Platform]
    /// Images whose layers may be used, as typed: without a registry the run's own is meant.
    public var cacheSources: [String]
    public var cacheTarget: CacheTarget?
    public var transfer: ContextTransfer
    /// The latest time, in seconds since 1970, that files of the context have; nil for none.
    public var sourceDateEpoch: Int64?
    /// Keeps the image to be downloaded, in this form.
    public var keptOutput: ImageArchive?
    /// How many processors were asked for; recorded and shown only.
    public var cpu: Int?
    public var builder: BuilderChoice
    /// The longest the run may take; nil for the server's default.
    public var timeout: Duration?
    public var agentPoolName: String?
    public var logTemplate: String?
    public var loginMode: RegistryLoginMode
    /// What pulls and pushes at other registries, by host in lower case.
    public var customCredentials: [String: Credential]
    /// Logins at more of them, for which secrets of the run's registry are looked up when the run is handed out.
    public var vaultLogins: [String: VaultLogin]
    public var queue: QueueSettings

    public init(
        sourceLocation: String? = nil, appliesIgnoreFile: Bool = true, includeGit: Bool = false,
        imageNames: [String] = [], isPushEnabled: Bool = false, noCache: Bool = false,
        dockerFilePath: String? = nil, target: String? = nil, arguments: [BuildArgument] = [],
        buildSecrets: [BuildSecret] = [], sshKeys: [BuildSSHKey] = [],
        labels: [BuildLabel] = [],
        platform: Platform = .linuxAMD64, platforms: [Platform] = [], cacheSources: [String] = [],
        cacheTarget: CacheTarget? = nil, transfer: ContextTransfer = .files, sourceDateEpoch: Int64? = nil,
        keptOutput: ImageArchive? = nil, cpu: Int? = nil, builder: BuilderChoice = .buildKit,
        timeout: Duration? = nil, agentPoolName: String? = nil, logTemplate: String? = nil,
        loginMode: RegistryLoginMode = .default, customCredentials: [String: Credential] = [:],
        vaultLogins: [String: VaultLogin] = [:], queue: QueueSettings = QueueSettings()
    ) {
        self.sourceLocation = sourceLocation
        self.appliesIgnoreFile = appliesIgnoreFile
        self.includeGit = includeGit
        self.imageNames = imageNames
        self.isPushEnabled = isPushEnabled
        self.noCache = noCache
        self.dockerFilePath = dockerFilePath
        self.target = target
        self.arguments = arguments
        self.buildSecrets = buildSecrets
        self.sshKeys = sshKeys
        self.labels = labels
        self.platform = platform
        self.platforms = platforms
        self.cacheSources = cacheSources
        self.cacheTarget = cacheTarget
        self.transfer = transfer
        self.sourceDateEpoch = sourceDateEpoch
        self.keptOutput = keptOutput
        self.cpu = cpu
        self.builder = builder
        self.timeout = timeout
        self.agentPoolName = agentPoolName
        self.logTemplate = logTemplate
        self.loginMode = loginMode
        self.customCredentials = customCredentials
        self.vaultLogins = vaultLogins
        self.queue = queue
    }

    public var secrets: [Secret] {
        arguments.filter(\.isSecret).map(\.value) + customCredentials.values.map(\.password)
            + sshKeys.map(\.privateKey)
    }
}

/// One build argument. A secret one is masked in logs and kept encrypted; the Dockerfile may still keep it in the image's history.
public struct BuildArgument: Sendable, Hashable, Codable {
    public let name: String
    public let value: Secret
    public let isSecret: Bool

    public init(name: String, value: Secret, isSecret: Bool) {
        self.name = name
        self.value = value
        self.isSecret = isSecret
    }
}

/// A file that one build step may read and the image doesn't keep (`RUN --mount=type=secret,id=…`).
public struct BuildSecret: Sendable, Hashable {
    public let id: String
    /// In Base64.
    public let content: Secret

    public init(id: String, content: Secret) {
        self.id = id
        self.content = content
    }
}

/// A key that one build step may use to log in somewhere, and can't read (`RUN --mount=type=ssh,id=…`).
public struct BuildSSHKey: Sendable, Hashable {
    /// `default` where a Dockerfile names none.
    public let id: String
    /// As ssh keeps it in a file, without a passphrase.
    public let privateKey: Secret

    public init(id: String, privateKey: Secret) {
        self.id = id
        self.privateKey = privateKey
    }
}

/// Where the cache of a build is written to, for other daemons.
public enum CacheTarget: Sendable, Hashable {
    /// Into the image itself: the steps of its last stage.
    case inline
    /// To a name of its own in a registry, as typed; with the steps of all stages if `isComplete` (`mode=max`).
    case registry(String, isComplete: Bool)
}

/// How files of the context reach the builder.
public enum ContextTransfer: String, Sendable, Hashable, Codable {
    /// Those that the daemon does not have yet, with times that follow from their contents.
    case files
    /// All in one archive, with their own times: equal contexts make equal layers everywhere.
    case tar
}

/// The form of an image in one file.
public enum ImageArchive: String, Sendable, Hashable, Codable, CaseIterable {
    /// An OCI image layout.
    case oci
    /// What `docker load` reads.
    case docker
}

/// One label for the image.
public struct BuildLabel: Sendable, Hashable {
    public let name: String
    public let value: String

    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// Which of the daemon's builders a build asks for. A daemon without BuildKit uses the classic one in any case.
public enum BuilderChoice: String, Sendable, Hashable {
    case buildKit
    case classic
}

/// Whether a run logs in to its own registry (`credentials.sourceRegistry.loginMode`).
public enum RegistryLoginMode: String, Sendable, Hashable, Codable {
    case `default` = "Default"
    case none = "None"
}
