import Contexts
import CurlHTTP
import Distribution
import Scheduling
import Storage
import TaskModel

extension BaseImageTriggers {
    init(
        _ configuration: ServerConfiguration, environment: SchedulerEnvironment, tasks: any TaskStore,
        database: Database, repositories: Repositories
    ) throws {
        var http = HTTPClient.Configuration()
        http.userAgent = "slipway/" + SlipwayServer.version
        http.trustedCertificates = try TrustedCertificates.bundle(extra: configuration.tls.extraCertificates)
        http.addressPolicy = configuration.registryAddresses
        http.proxy = configuration.proxy
        let registries = RegistryClient(
            http: HTTPClient(http), realms: RealmPolicy(allowedOrigins: Set(configuration.tokenRealms)),
            endpoints: RegistryEndpoints(configuration.registries))
        self.init(
            environment, tasks: tasks, database: database, registries: registries,
            settings: configuration.imageTriggers
        ) { reference, path in
            try await repositories.remote(reference).file(path, limit: 1 << 20)
        }
    }
}
