public import CoreMetrics
public import Foundation
public import Logging
public import Storage

/// What the parts of the scheduler share: stores, settings, and who waits for what.
public struct SchedulerEnvironment: Sendable {
    public let runs: any RunStore
    public let pools: AgentPoolStore
    public let secrets: SecretStore
    public let logs: LogStore
    public let uploads: BlobStore
    /// Archives of what runs built.
    public let outputs: BlobStore
    public let settings: SchedulingSettings
    public let logger: Logger
    /// Nil for a server that stands in front of no registry.
    let registryCredentials: (any RegistryCredentials)?
    let metrics: SchedulerMetrics
    let signals = RunSignals()
    let agents: AgentDirectory
    let leases: LeaseBook
    let waits = RecentWaits()
    let told = ToldReasons()
    let now: @Sendable () -> Date

    /// - Parameter uptime: a clock that nobody sets; that of the process by default.
    public init(
        runs: any RunStore, pools: AgentPoolStore, secrets: SecretStore, logs: LogStore, uploads: BlobStore,
        outputs: BlobStore,
        settings: SchedulingSettings, logger: Logger,
        registryCredentials: (any RegistryCredentials)? = nil,
        metrics: any MetricsFactory = NOOPMetricsHandler.instance,
        now: @escaping @Sendable () -> Date = { Date() },
        uptime: (@Sendable () -> Duration)? = nil
    ) {
        self.runs = runs
        self.pools = pools
        self.secrets = secrets
        self.logs = logs
        self.uploads = uploads
        self.outputs = outputs
        self.settings = settings
        self.logger = logger
        self.registryCredentials = registryCredentials
        self.metrics = SchedulerMetrics(metrics)
        self.now = now
        let uptime = uptime ?? AgentDirectory.processUptime()
        agents = AgentDirectory(uptime: uptime)
        leases = LeaseBook(terms: settings.leases, uptime: uptime)
    }
}
