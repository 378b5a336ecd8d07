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
    /// The logins given here, by host in lower case.
    ///
    /// - Throws: ``InvalidRequest`` naming the registry whose login is not complete, or lies in a vault.
    func customCredentials() throws(InvalidRequest) -> [String: Credential] {
        var credentials: [String: Credential] = [:]
        for (host, registry) in (customRegistries ?? [:]).sorted(by: { $0.key < $1.key }) where registry.identity == nil
        {
            let target = "credentials.customRegistries"
            guard let user = registry.userName, let password = registry.password, let name = user.value,
                let secret = password.value
            else {
                throw InvalidRequest(
                    code: "InvalidParameter",
                    message: "The login for \(host.escapedForDisplay) needs a user name and a password.", target: target
                )
            }
            guard !user.isVaultSecret, !password.isVaultSecret else {
                throw InvalidRequest(
                    code: "NotSupported",
                    message: "The login for \(host.escapedForDisplay) names a secret in a vault, and vaults are not "
                        + "supported yet. Give the user name and the password themselves.", target: target)
            }
            credentials[host.lowercased()] = Credential(username: name.value, password: secret)
        }
        return credentials
    }
}
