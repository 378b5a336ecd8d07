/// A registry that runs push to and tasks belong to.
public struct Registry: Sendable, Hashable {
    /// 5 to 50 letters and digits, compared without case.
    public let name: String
    /// `host[:port]` as image names spell it.
    public let loginServer: String
    /// Where it is reached: `http://` or `https://` and `host[:port]`.
    public let endpoint: String
    /// What pulls and pushes at the endpoint; nil for a registry without login.
    public let credential: Credential?
    /// Whether this server itself answers at ``loginServer``, and stands in front of what is at ``endpoint``.
    public let gateway: Bool

    public init(
        name: String, loginServer: String, endpoint: String, credential: Credential? = nil, gateway: Bool = false
    ) {
        self.name = name
        self.loginServer = loginServer
        self.endpoint = endpoint
        self.credential = credential
        self.gateway = gateway
    }
}

/// A pool of agents, and what its runs may do.
public struct AgentPool: Sendable, Hashable {
    /// 1 to 20 letters, digits and dashes.
    public let name: String
    /// The daemon of the embedded agent: `unix:///path`.
    public let dockerEndpoint: String
    /// How many runs its embedded agent carries out at once.
    public let slots: Int
    public let policy: PoolPolicy
    /// Of its daemon.
    public let cache: CacheLimits

    public init(
        name: String, dockerEndpoint: String, slots: Int, policy: PoolPolicy = PoolPolicy(),
        cache: CacheLimits = CacheLimits()
    ) {
        self.name = name
        self.dockerEndpoint = dockerEndpoint
        self.slots = slots
        self.policy = policy
        self.cache = cache
    }
}

/// What the runs of a pool may do.
public struct PoolPolicy: Sendable, Hashable {
    /// Refuse requests with secret build arguments (they can end up in an image's history).
    public var refuseSecretBuildArguments: Bool
    /// What steps may ask for beyond their own containers.
    public var allowed: Set<StepPermission>
    /// The most memory of a step's container, in bytes; nil for no limit. A step may ask for less.
    public var stepMemory: Int64?
    /// The most processors of a step's container, in billionths of one; nil for no limit. A step may ask for less.
    public var stepNanoCPUs: Int64?
    /// Whether programs in steps can't gain rights (`sudo`, setuid).
    public var noNewPrivileges: Bool
    /// Whether images may be built for processors that the daemon's host only emulates.
    public var allowsEmulation: Bool

    public init(
        refuseSecretBuildArguments: Bool = false, allowed: Set<StepPermission> = [], stepMemory: Int64? = nil,
        stepNanoCPUs: Int64? = nil, noNewPrivileges: Bool = false, allowsEmulation: Bool = true
    ) {
        self.refuseSecretBuildArguments = refuseSecretBuildArguments
        self.allowed = allowed
        self.stepMemory = stepMemory
        self.stepNanoCPUs = stepNanoCPUs
        self.noNewPrivileges = noNewPrivileges
        self.allowsEmulation = allowsEmulation
    }
}
