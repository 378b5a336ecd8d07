public import TaskModel

/// An address that a registry calls to tell what was pushed (`P/registryHooks/NAME`). It is ours: the Azure API has none.
public struct RegistryHookResource: Codable, Sendable, Hashable {
    public var name: String
    /// `distribution`, `harbor`, `acr` or `docker-hub`.
    public var kind: String
    /// The registry whose images it tells of, as tasks name them.
    public var host: String
    /// What the registry calls. That of Docker Hub ends in `?token=` and the secret, for those who may see it.
    public var url: String
    /// What the registry sends in the header `Authorization`. In the answer to whoever made the hook, and in `listDetails`.
    public var secret: Secret?
    public var lastDeliveryTime: Timestamp?

    public init(
        name: String, kind: String, host: String, url: String, secret: Secret? = nil, lastDeliveryTime: Timestamp? = nil
    ) {
        self.name = name
        self.kind = kind
        self.host = host
        self.url = url
        self.secret = secret
        self.lastDeliveryTime = lastDeliveryTime
    }
}

/// `PUT P/registryHooks/NAME`.
public struct PutRegistryHookRequest: Codable, Sendable, Hashable {
    public var kind: String
    /// Missing for Docker Hub, or for the registry of the path.
    public var host: String?

    public init(kind: String, host: String? = nil) {
        self.kind = kind
        self.host = host
    }
}
