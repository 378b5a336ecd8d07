public import AgentProtocol
public import CurlHTTP
public import TaskModel

/// What the scheduler knows from the configuration.
public struct SchedulingSettings: Sendable {
    /// The first one is meant when a request names none.
    public var registries: [Registry]
    public var pools: [AgentPool]
    /// What pulls base images from other registries, by host as image names spell it.
    public var otherCredentials: [String: Credential]
    /// What fetches from git servers, by host.
    public var gitCredentials: [String: Credential]
    /// What fetches from git servers over ssh.
    public var gitSSH: GitSSH?
    /// Where contexts may come from.
    public var sources: AddressPolicy
    public var maxQueued: Int
    /// For runs that don't say how long they may take.
    public var runTimeout: Duration
    /// The longest that a run may ask for.
    public var maxRunTimeout: Duration
    /// The longest that a run may wait.
    public var queueTime: Duration
    public var leases: LeaseTerms
    public var taskFiles: TaskFileSettings
    /// How long archives of images wait for a download.
    public var outputLifetime: Duration
    public var builds: BuildSettings

    public init(
        registries: [Registry], pools: [AgentPool], otherCredentials: [String: Credential] = [:],
        gitCredentials: [String: Credential] = [:], gitSSH: GitSSH? = nil, sources: AddressPolicy = AddressPolicy(),
        maxQueued: Int = 10_000,
        runTimeout: Duration = .seconds(3600), maxRunTimeout: Duration = .seconds(28_800),
        queueTime: Duration = .seconds(86_400), leases: LeaseTerms = LeaseTerms(),
        taskFiles: TaskFileSettings = TaskFileSettings(), outputLifetime: Duration = .seconds(86_400),
        builds: BuildSettings = BuildSettings()
    ) {
        self.registries = registries
        self.pools = pools
        self.otherCredentials = otherCredentials
        self.gitCredentials = gitCredentials
        self.gitSSH = gitSSH
        self.sources = sources
        self.maxQueued = maxQueued
        self.runTimeout = runTimeout
        self.maxRunTimeout = maxRunTimeout
        self.queueTime = queueTime
        self.leases = leases
        self.taskFiles = taskFiles
        self.outputLifetime = outputLifetime
        self.builds = builds
    }

    /// Compared without case.
    public func registry(named name: String) -> Registry? {
        registries.first { $0.name.lowercased() == name.lowercased() }
    }

    /// Compared without case; the first pool if no name is given.
    func pool(named name: String?) -> AgentPool? {
        guard let name, !name.isEmpty else { return pools.first }
        return pools.first { $0.name.lowercased() == name.lowercased() }
    }

    /// Whose build cache the runs of a registry share: all have one where there is only one registry.
    func cacheDomain(of registry: Registry) -> CacheDomain? {
        registries.count > 1 ? CacheDomain(registry: registry.name) : nil
    }

    /// The registry that this server stands in front of at that login server.
    public func gateway(at loginServer: String) -> Registry? {
        registries.first { $0.gateway && $0.loginServer.lowercased() == loginServer.lowercased() }
    }

    /// By its login server, compared without case.
    func registry(at loginServer: String) -> Registry? {
        registries.first { $0.loginServer.lowercased() == loginServer.lowercased() }
    }
}
