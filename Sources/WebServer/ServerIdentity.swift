/// The names a server goes by, made once.
public struct ServerIdentity: Sendable {
    public let tenant: String
    public let subscription: String
    public let resourceGroup: String
    /// `https://host[:port]`, where clients reach the server if their request doesn't tell.
    public let publicURL: String
    /// The version of the program.
    public let version: String

    public init(tenant: String, subscription: String, resourceGroup: String, publicURL: String, version: String) {
        self.tenant = tenant
        self.subscription = subscription
        self.resourceGroup = resourceGroup
        self.publicURL = publicURL
        self.version = version
    }
}
