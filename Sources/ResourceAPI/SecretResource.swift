public import TaskModel

/// A secret of a registry that runs may name by the URL of a vault (`P/secrets`), without its value, which nobody is
/// told. It is ours: the Azure API has none.
public struct SecretResource: Codable, Sendable, Hashable {
    public struct Version: Codable, Sendable, Hashable {
        public var id: String
        public var createTime: Timestamp
        /// The id of the principal who set it.
        public var createdBy: String

        public init(id: String, createTime: Timestamp, createdBy: String) {
            self.id = id
            self.createTime = createTime
            self.createdBy = createdBy
        }
    }

    /// `https://VAULT/secrets/NAME`, which is the newest version.
    public var location: String
    /// Newest first.
    public var versions: [Version]

    public init(location: String, versions: [Version]) {
        self.location = location
        self.versions = versions
    }
}

/// `PUT P/secrets/VAULT/NAME`.
public struct PutSecretRequest: Codable, Sendable, Hashable {
    public var value: Secret

    public init(value: Secret) {
        self.value = value
    }
}
