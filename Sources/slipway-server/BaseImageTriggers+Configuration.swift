import Contexts
import Scheduling
import Storage
import TaskModel

extension BaseImageTriggers {
    init(
        _ configuration: ServerConfiguration, environment: SchedulerEnvironment, tasks: any TaskStore,
        database: Database, repositories: Repositories
    ) throws {
        let registries = configuration.registryClient(
            over: try configuration.client(for: configuration.registryAddresses))
        self.init(
            environment, tasks: tasks, database: database, registries: registries,
            settings: configuration.imageTriggers
        ) { reference, path in
            try await repositories.remote(reference).file(path, limit: 1 << 20)
        }
    }
}
