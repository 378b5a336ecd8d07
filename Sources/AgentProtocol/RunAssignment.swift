public import struct Foundation.Date
public import TaskModel

/// All that an agent needs to carry out one run.
public struct RunAssignment: Sendable {
    public let lease: LeaseID
    public let terms: LeaseTerms
    public let run: RunID
    /// How often the run was handed out, this time included.
    public let epoch: Int
    public let pool: String
    public let registry: Registry
    public let request: RunRequest
    public let source: RunSource
    /// What its git source led to when the run was with an agent before; it is taken again, wherever the branch leads now.
    public let commit: String?
    /// Filled into image names: `.Run.Date` is this time.
    public let startTime: Date
    public let taskName: String?
    /// What pulls base images, by host as image names spell it.
    public let pullCredentials: [String: Credential]
    /// What fetches from git servers, by host. Those in the source come last.
    public let gitCredentials: [String: Credential]
    /// What fetches from git servers over ssh; nil where that is not set up.
    public let gitSSH: GitSSH?
    /// The longest the whole run may take.
    public let timeout: Duration
    /// What the run may do, by the policy of its pool.
    public let policy: PoolPolicy
    public let taskFiles: TaskFileSettings
    /// The most bytes of an image's archive that is kept.
    public let outputLimit: Int64
    public let builds: BuildSettings
    /// Whose build cache the run shares; nil for that of all who are in no domain.
    public let cacheDomain: CacheDomain?
    /// What made the run, if nobody asked for it by hand.
    public let trigger: RunTrigger?
    /// Whether it carries out what strangers wrote: submodules are fetched without logins, and no step pushes.
    public let isRestricted: Bool

    public init(
        lease: LeaseID, terms: LeaseTerms, run: RunID, epoch: Int, pool: String, registry: Registry,
        request: RunRequest,
        source: RunSource, commit: String? = nil, startTime: Date, taskName: String?,
        pullCredentials: [String: Credential],
        gitCredentials: [String: Credential], gitSSH: GitSSH? = nil, timeout: Duration,
        policy: PoolPolicy = PoolPolicy(),
        taskFiles: TaskFileSettings = TaskFileSettings(), outputLimit: Int64 = 10 << 30,
        builds: BuildSettings = BuildSettings(),
        cacheDomain: CacheDomain? = nil, trigger: RunTrigger? = nil, isRestricted: Bool = false
    ) {
        self.lease = lease
        self.terms = terms
        self.run = run
        self.epoch = epoch
        self.pool = pool
        self.registry = registry
        self.request = request
        self.source = source
        self.commit = commit
        self.startTime = startTime
        self.taskName = taskName
        self.pullCredentials = pullCredentials
        self.gitCredentials = gitCredentials
        self.gitSSH = gitSSH
        self.timeout = timeout
        self.policy = policy
        self.taskFiles = taskFiles
        self.outputLimit = outputLimit
        self.builds = builds
        self.cacheDomain = cacheDomain
        self.trigger = trigger
        self.isRestricted = isRestricted
    }
}

/// What git over ssh needs.
public struct GitSSH: Sendable, Hashable {
    public let privateKey: Secret
    /// The text of a `known_hosts` file.
    public let knownHosts: String

    public init(privateKey: Secret, knownHosts: String) {
        self.privateKey = privateKey
        self.knownHosts = knownHosts
    }
}

/// Where the context of a run comes from.
public enum RunSource: Sendable, Hashable {
    case none
    /// `URL#ref:folder`, with the user info that the request had.
    case git(Secret)
    /// The http or https URL of an archive or a Dockerfile, with the user info and the query that the request had.
    case download(Secret)
    /// An archive that a client uploaded: see ``RunBroker/uploadedContext(_:in:)``.
    case upload
}
