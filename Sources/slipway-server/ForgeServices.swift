import CurlHTTP
import Forges
import Scheduling
import Storage
import TaskModel

/// What this server does at forges: keeps hooks, tells how commits do.
struct ForgeServices {
    let directory: ForgeDirectory
    let keeper: HookKeeper
    let reporter: CommitStatusReporter

    init(
        _ configuration: ServerConfiguration, environment: SchedulerEnvironment, database: Database, box: SecretBox
    ) throws {
        let http = try configuration.client(for: configuration.forgeAddresses)
        let tasks = SQLiteTaskStore(database: database, box: box)
        let hooks = HookStore(database: database, box: box)
        directory = ForgeDirectory(
            configuration.forges, plainOrigins: configuration.sources.addresses.allowedOrigins)
        keeper = HookKeeper(
            environment, tasks: tasks, hooks: hooks, forges: directory, http: http,
            address: HookAddress(server: configuration.publicURL, makesHooks: configuration.makesHooks))
        reporter = CommitStatusReporter(
            environment, changes: RunChangeStore(database: database), tasks: tasks, hooks: hooks, forges: directory,
            http: http
        ) { [page = configuration.statusPage] run in page?.url(of: run.id, in: run.registry) }
    }
}
