/// A principal as administrators see it (`/slipway/v1/principals`). It is ours: the Azure API has none.
public struct PrincipalResource: Codable, Sendable, Hashable {
    /// Names one of a principal's secrets, which are never told again.
    public struct SecretInfo: Codable, Sendable, Hashable {
        public var id: String
        public var createTime: Timestamp
        /// Missing for the one that is not over until it is replaced.
        public var endTime: Timestamp?

        public init(id: String, createTime: Timestamp, endTime: Timestamp? = nil) {
            self.id = id
            self.createTime = createTime
            self.endTime = endTime
        }
    }

    /// A GUID.
    public var clientId: String
    public var displayName: String
    public var roles: [RoleProperties]
    public var createTime: Timestamp
    /// Whether it is the server's own administrator, who can't be changed.
    public var isOwn: Bool
    public var secrets: [SecretInfo]
    /// Only in the answer that made it.
    public var clientSecret: String?

    public init(
        clientId: String, displayName: String, roles: [RoleProperties], createTime: Timestamp, isOwn: Bool,
        secrets: [SecretInfo], clientSecret: String? = nil
    ) {
        self.clientId = clientId
        self.displayName = displayName
        self.roles = roles
        self.createTime = createTime
        self.isOwn = isOwn
        self.secrets = secrets
        self.clientSecret = clientSecret
    }
}

/// A role, in one registry or in all.
public struct RoleProperties: Codable, Sendable, Hashable {
    /// `Reader`, `Builder` and so on, in any case.
    public var role: String
    /// Missing for all registries.
    public var registry: String?

    public init(role: String, registry: String? = nil) {
        self.role = role
        self.registry = registry
    }
}

/// `POST /slipway/v1/principals`.
public struct CreatePrincipalRequest: Codable, Sendable, Hashable {
    public var displayName: String
    public var roles: [RoleProperties]?

    public init(displayName: String, roles: [RoleProperties]? = nil) {
        self.displayName = displayName
        self.roles = roles
    }
}

/// `POST /slipway/v1/principals/ID/rotate`.
public struct RotateSecretRequest: Codable, Sendable, Hashable {
    /// How many seconds the secret before goes on to be good; missing or 0 ends it at once.
    public var graceSeconds: Int?

    public init(graceSeconds: Int? = nil) {
        self.graceSeconds = graceSeconds
    }
}
