/// A login at a registry whose user name or password, or both, stand in a vault until a run is handed out.
public struct VaultLogin: Sendable, Hashable {
    public enum Part: Sendable, Hashable {
        case plain(Secret)
        case vault(SecretLocation)
    }

    public let username: Part
    public let password: Part

    public init(username: Part, password: Part) {
        self.username = username
        self.password = password
    }
}

extension VaultLogin.Part {
    /// - Throws: ``InvalidName`` if it should be the location of a secret and is none.
    public init(_ secret: TaskSecret) throws(InvalidName) {
        self = secret.isVaultURL ? .vault(try SecretLocation(secret.value.value)) : .plain(secret.value)
    }
}

/// Logins at registries other than the run's own, by host in lower case.
public struct CustomLogins: Sendable, Hashable {
    public var credentials: [String: Credential] = [:]
    public var inVault: [String: VaultLogin] = [:]

    public init() {}

    /// Adds a login, in place of one for that host.
    ///
    /// - Throws: ``InvalidName`` if one of the two should be the location of a secret and is none.
    public mutating func add(_ host: String, username: TaskSecret, password: TaskSecret) throws(InvalidName) {
        let host = host.lowercased()
        let isInVault = username.isVaultURL || password.isVaultURL
        inVault[host] = isInVault ? VaultLogin(username: try .init(username), password: try .init(password)) : nil
        credentials[host] = isInVault ? nil : Credential(username: username.value.value, password: password.value)
    }
}
