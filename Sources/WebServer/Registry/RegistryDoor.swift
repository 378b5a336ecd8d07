public import RegistryGateway
public import Storage

/// What a server needs to stand in front of registries.
public struct RegistryDoor: Sendable {
    let proxy: RegistryProxy
    let adminUsers: AdminUserStore

    public init(proxy: RegistryProxy, adminUsers: AdminUserStore) {
        self.proxy = proxy
        self.adminUsers = adminUsers
    }
}
