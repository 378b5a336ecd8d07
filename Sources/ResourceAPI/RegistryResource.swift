/// A registry (`GET P`).
public typealias RegistryResource = ResourceEnvelope<RegistryProperties>

/// What is told of a registry.
public struct RegistryProperties: Codable, Sendable, Hashable {
    public struct Encryption: Codable, Sendable, Hashable {
        public var status: String?

        public init(status: String? = nil) {
            self.status = status
        }
    }

    /// `host[:port]` as image names spell it.
    public var loginServer: String?
    public var creationDate: Timestamp?
    public var provisioningState: String?
    public var adminUserEnabled: Bool?
    public var publicNetworkAccess: String?
    public var dataEndpointEnabled: Bool?
    public var roleAssignmentMode: String?
    public var policies: NoProperties?
    public var encryption: Encryption?

    public init(
        loginServer: String? = nil, creationDate: Timestamp? = nil, provisioningState: String? = nil,
        adminUserEnabled: Bool? = nil,
        publicNetworkAccess: String? = nil, dataEndpointEnabled: Bool? = nil, roleAssignmentMode: String? = nil,
        policies: NoProperties? = nil, encryption: Encryption? = nil
    ) {
        self.loginServer = loginServer
        self.creationDate = creationDate
        self.provisioningState = provisioningState
        self.adminUserEnabled = adminUserEnabled
        self.publicNetworkAccess = publicNetworkAccess
        self.dataEndpointEnabled = dataEndpointEnabled
        self.roleAssignmentMode = roleAssignmentMode
        self.policies = policies
        self.encryption = encryption
    }
}

extension RegistryResource {
    /// A registry as the Azure CLI wants it: Premium, since it refuses builds on other tiers, and with the old kind of
    /// permissions, since it prints warnings about the new one.
    public init(id: ResourceID, location: String, loginServer: String, creationDate: Timestamp) {
        self.init(
            id: id.description, name: id.registry, type: ResourceID.registryType, location: location, sku: .premium,
            tags: [:],
            properties: RegistryProperties(
                loginServer: loginServer, creationDate: creationDate, provisioningState: "Succeeded",
                adminUserEnabled: true,
                publicNetworkAccess: "Enabled", dataEndpointEnabled: false,
                roleAssignmentMode: "LegacyRegistryPermissions",
                policies: NoProperties(), encryption: RegistryProperties.Encryption(status: "disabled")))
    }
}
