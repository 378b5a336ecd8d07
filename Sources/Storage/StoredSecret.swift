public import struct Foundation.Date

/// A secret of a vault as it is known afterwards: without its value.
public struct StoredSecret: Sendable, Hashable {
    public struct Version: Sendable, Hashable {
        /// 32 hexadecimal digits.
        public let id: String
        public let createTime: Date
        /// The id of the principal who set it.
        public let createdBy: String

        public init(id: String, createTime: Date, createdBy: String) {
            self.id = id
            self.createTime = createTime
            self.createdBy = createdBy
        }
    }

    /// A host, in lower case.
    public let vault: String
    /// As it was written when the newest version was set.
    public let name: String
    /// Newest first; at least one.
    public internal(set) var versions: [Version]

    public init(vault: String, name: String, versions: [Version]) {
        self.vault = vault
        self.name = name
        self.versions = versions
    }

    /// `https://VAULT/secrets/NAME`, which is the newest version.
    public var location: String { "https://\(vault)/secrets/\(name)" }
}
