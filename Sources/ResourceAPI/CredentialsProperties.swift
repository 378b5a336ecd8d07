public import TaskModel

/// `credentials` of a request or a task: how its runs log in to registries.
public struct CredentialsProperties: Codable, Sendable, Hashable {
    /// The registry that the run belongs to.
    public var sourceRegistry: SourceRegistry?
    /// Others, by login server.
    public var customRegistries: [String: CustomRegistry]?

    public init(sourceRegistry: SourceRegistry? = nil, customRegistries: [String: CustomRegistry]? = nil) {
        self.sourceRegistry = sourceRegistry
        self.customRegistries = customRegistries
    }

    public struct SourceRegistry: Codable, Sendable, Hashable {
        /// `Default` or `None`.
        public var loginMode: String?
        /// Kept and shown; logins come from the server's own configuration.
        public var identity: String?

        public init(loginMode: String? = nil, identity: String? = nil) {
            self.loginMode = loginMode
            self.identity = identity
        }
    }

    public struct CustomRegistry: Codable, Sendable, Hashable {
        public var userName: SecretObject?
        public var password: SecretObject?
        /// Kept and shown; logins come from the server's own configuration.
        public var identity: String?

        public init(userName: SecretObject? = nil, password: SecretObject? = nil, identity: String? = nil) {
            self.userName = userName
            self.password = password
            self.identity = identity
        }
    }
}

/// A text that is given as it is (`Opaque`) or named by the URL of a secret in a vault (`Vaultsecret`).
public struct SecretObject: Codable, Sendable, Hashable {
    public var type: String?
    /// Missing where secrets are not shown.
    public var value: Secret?

    public init(type: String? = "Opaque", value: Secret?) {
        self.type = type
        self.value = value
    }

    public var isVaultSecret: Bool { type?.lowercased() == "vaultsecret" }
}

extension CredentialsProperties {
    /// The logins given here. One that has only an identity is none of ours.
    ///
    /// - Throws: ``InvalidRequest`` naming the registry whose login is not complete, or names a secret that can't be one.
    func customLogins() throws(InvalidRequest) -> CustomLogins {
        var logins = CustomLogins()
        for (host, registry) in (customRegistries ?? [:]).sorted(by: { $0.key < $1.key }) {
            let target = "credentials.customRegistries"
            guard let username = TaskSecret(registry.userName), let password = TaskSecret(registry.password) else {
                if registry.identity != nil { continue }
                throw InvalidRequest(
                    code: "InvalidParameter",
                    message: "The login for \(host.escapedForDisplay) needs a user name and a password.", target: target
                )
            }
            do throws(InvalidName) {
                try logins.add(host, username: username, password: password)
            } catch {
                throw InvalidRequest(
                    code: "InvalidName", message: "The login for \(host.escapedForDisplay) can't be used: \(error)",
                    target: target)
            }
        }
        return logins
    }
}

extension TaskSecret {
    /// Nil if there is none, or its value is not told.
    init?(_ wire: SecretObject?) {
        guard let wire, let value = wire.value else { return nil }
        self.init(value, isVaultURL: wire.isVaultSecret)
    }
}
