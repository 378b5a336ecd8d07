import Contexts
import CurlHTTP
import Forges
import Scheduling
import ServiceLifecycle
import Storage
import TaskModel

/// What starts tasks for commits: the looks at their repositories, and what forges send.
struct SourceServices {
    /// What the server's own copies of git repositories may take on the disk.
    private static let cacheBytes: Int64 = 5 << 30

    let repositories: Repositories
    let polls: RepositoryPolls
    let deliveries: DeliveryService

    /// - Parameter folder: for copies of git repositories.
    init(
        _ configuration: ServerConfiguration, environment: SchedulerEnvironment, database: Database, box: SecretBox,
        reserve: DiskReserve, forges: ForgeDirectory, registries: any DeliveryWork, folder: String
    ) throws {
        var limits = ContextLimits()
        limits.packedBytes = configuration.limits.contextPackedBytes
        repositories = Repositories(
            settings: environment.settings, client: try configuration.client(for: configuration.sources.addresses),
            folder: folder, limits: limits,
            cacheBytes: Self.cacheBytes)
        let tasks = SQLiteTaskStore(database: database, box: box)
        let hooks = HookStore(database: database, box: box)
        let store = DeliveryStore(database: database, reserve: reserve)
        let trigger = SourceTrigger(environment, repositories: repositories, forges: forges)
        polls = RepositoryPolls(
            environment, polls: PollStore(database: database), tasks: tasks, hooks: hooks, trigger: trigger,
            repositories: repositories, every: configuration.pollInterval)
        deliveries = DeliveryService(
            hooks: hooks, store: store, forges: ForgeDeliveries(tasks: tasks, deliveries: store, trigger: trigger),
            registries: registries)
    }

    /// What runs as long as the server.
    func services(_ environment: SchedulerEnvironment) -> [any Service] {
        [DeliveryWorker(deliveries, logger: environment.logger), polls]
    }
}
