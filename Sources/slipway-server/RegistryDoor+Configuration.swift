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
        let http = try configuration.client(for: configuration.registryAddresses)
        self.init(
            proxy: RegistryProxy(http: http, clients: configuration.registryClient(over: http)), adminUsers: adminUsers)
    }
}
