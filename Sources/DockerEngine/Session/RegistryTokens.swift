import Crypto
public import Foundation
public import TaskModel

/// What fetches the tokens that registries want for a build, so that no password reaches the daemon.
public struct RegistryTokens: Sendable {
    /// What a registry's login service is to be asked for.
    public struct Request: Sendable, Hashable {
        /// As image names spell it (`docker.io`, `host[:port]`).
        public let registry: String
        /// The URL of the login service, as the registry told the daemon: not to be trusted with a password unseen.
        public let realm: String
        public let service: String
        public let scopes: [String]
    }

    public struct Token: Sendable {
        let value: Secret
        /// From ``issued`` on.
        let life: Duration
        let issued: Date

        public init(_ value: Secret, life: Duration, issued: Date) {
            self.value = value
            self.life = life
            self.issued = issued
        }
    }

    private let secret: SymmetricKey
    let isWanted: @Sendable (_ registry: String) async -> Bool?
    let fetch: @Sendable (Request, Credential?) async throws -> Token

    /// - Parameters:
    ///   - secret: the agent's own; with another one the daemon forgets what it was given before. 32 bytes or more.
    ///   - isWanted: whether a registry wants tokens rather than passwords; nil if that is not known.
    ///   - fetch: what it throws is the error of the build.
    public init(
        secret: [UInt8], isWanted: @escaping @Sendable (_ registry: String) async -> Bool?,
        fetch: @escaping @Sendable (Request, Credential?) async throws -> Token
    ) {
        self.secret = SymmetricKey(data: secret)
        self.isWanted = isWanted
        self.fetch = fetch
    }

    /// The key by which the daemon tells who may use a token that it keeps: another one for every credential, the same
    /// in every session.
    ///
    /// - Parameters:
    ///   - host: as the daemon spells it.
    ///   - salt: the daemon's own.
    func key(host: String, salt: Data, credential: Credential) throws -> Curve25519.Signing.PrivateKey {
        var code = HMAC<SHA256>(key: secret)
        let texts = [host, credential.username, credential.password.value].map { Array($0.utf8) }
        for field in [[UInt8](salt)] + texts {
            withUnsafeBytes(of: UInt64(field.count).bigEndian) { code.update(data: $0) }
            code.update(data: field)
        }
        return try Curve25519.Signing.PrivateKey(rawRepresentation: Data(code.finalize()))
    }
}
