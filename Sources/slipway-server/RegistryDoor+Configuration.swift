import CurlHTTP
import Distribution
import RegistryGateway
import Storage
import TaskModel
import WebServer

extension RegistryDoor {
    /// Nil if no registry has ``Registry/gateway``.
    init?(_ configuration: ServerConfiguration, adminUsers: AdminUserStore) throws {
        guard configuration.registries.contains(where: \.gateway) else { return nil }
        var settings = HTTPClient.Configuration()
        settings.userAgent = "slipway/" + SlipwayServer.version
        settings.trustedCertificates = try TrustedCertificates.bundle(extra: configuration.tls.extraCertificates)
        settings.addressPolicy = configuration.registryAddresses
        settings.proxy = configuration.proxy
        let http = HTTPClient(settings)
        let clients = RegistryClient(
            http: http, realms: RealmPolicy(allowedOrigins: Set(configuration.tokenRealms)),
            endpoints: RegistryEndpoints(configuration.registries))
        self.init(proxy: RegistryProxy(http: http, clients: clients), adminUsers: adminUsers)
    }
}
