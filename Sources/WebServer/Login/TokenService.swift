public import Crypto
public import Foundation
import JWTKit
public import Storage
import TaskModel

/// What a token is for.
enum TokenAudience: Sendable {
    /// The management API.
    case management
    /// To be exchanged for a token of a registry's endpoints.
    case registry

    /// The resource by which clients of registries ask for their tokens.
    static let registryResource = "https://containerregistry.azure.net"
}

/// What a token says, with the time that it is good for.
protocol TimedPayload: JWTPayload {
    var nbf: NotBeforeClaim { get }
    var exp: ExpirationClaim { get }
}

struct IssuedToken: Sendable {
    let value: String
    let expiry: Date
}

/// Issues and checks the tokens that principals log in with.
public struct TokenService: Sendable {
    /// How long a token is good for, in seconds.
    static let lifetime: TimeInterval = 3600
    /// How far the clocks of the servers that share the keys may differ, in seconds.
    static let leeway: TimeInterval = 60
    private let signer: TokenSigner
    private let issuer: String
    private let tenant: String
    private let principals: PrincipalStore
    let now: @Sendable () -> Date

    /// - Parameters:
    ///   - issuer: who signs: the server's name for itself.
    ///   - keys: asked at each use.
    public init(
        issuer: String, tenant: String, principals: PrincipalStore, now: @escaping @Sendable () -> Date = { Date() },
        keys: @escaping @Sendable () throws -> TokenKeys
    ) {
        signer = TokenSigner(keys: keys, now: now)
        self.issuer = issuer
        self.tenant = tenant
        self.principals = principals
        self.now = now
    }

    /// A service with one key, for ever.
    public init(
        key: SymmetricKey, keyID: String, issuer: String, tenant: String, principals: PrincipalStore,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        let keys = TokenKeys(signing: TokenKeys.Key(id: keyID, key: key))
        self.init(issuer: issuer, tenant: tenant, principals: principals, now: now) { keys }
    }

    struct Claims: TimedPayload {
        var iss: IssuerClaim
        var aud: AudienceClaim
        var sub: SubjectClaim
        var iat: IssuedAtClaim
        var nbf: NotBeforeClaim
        var exp: ExpirationClaim
        /// The tenant.
        var tid: String
        /// The principal, as ``sub``, under the names that clients look for.
        var oid: String
        var appid: String
        /// The secret that was shown for it: the token ends with that.
        var sid: String

        func verify(using algorithm: some JWTAlgorithm) throws {}
    }

    /// A token for whoever showed this id and secret; nil if they don't belong together.
    func issue(clientID: String, secret: String, for audience: TokenAudience = .management) async throws -> IssuedToken?
    {
        let now = now()
        guard let login = try await principals.authenticate(clientID, secret: secret, at: now) else { return nil }
        let id = login.principal.id
        let expiry = now.addingTimeInterval(Self.lifetime)
        let claims = Claims(
            iss: IssuerClaim(value: issuer), aud: AudienceClaim(value: name(of: audience)),
            sub: SubjectClaim(value: id), iat: IssuedAtClaim(value: now), nbf: NotBeforeClaim(value: now),
            exp: ExpirationClaim(value: expiry), tid: tenant, oid: id,
            appid: id, sid: login.secretID)
        return IssuedToken(value: try await signer.sign(claims), expiry: expiry)
    }

    /// Whose token this is, as ``login(of:for:)`` tells.
    func principal(of token: String, for audience: TokenAudience = .management) async throws -> Principal? {
        try await login(of: token, for: [audience])?.principal
    }

    /// Whose token this is, and the id of the secret it was issued for; nil if it is none of ours, has expired, is for
    /// none of these, or its principal or that secret is gone.
    func login(
        of token: String, for audiences: [TokenAudience]
    ) async throws -> (principal: Principal, secretID: String)? {
        guard let claims = try await read(token, as: Claims.self), claims.iss.value == issuer,
            audiences.contains(where: { claims.aud.value == [name(of: $0)] }), claims.tid == tenant,
            let principal = try await principals.find(claims.sub.value, holding: claims.sid, at: now())
        else { return nil }
        return (principal, claims.sid)
    }

    /// Signs any token with the newest of the keys. It may be good for ``TokenKeys/longestLifetime`` at most.
    func sign(_ payload: some JWTPayload) async throws -> String {
        try await signer.sign(payload)
    }

    /// Reads a token that ``sign(_:)`` made; nil if it is none of ours, or its time has not come or is over. The caller
    /// checks what it is for.
    func read<Payload: TimedPayload>(_ token: String, as type: Payload.Type) async throws -> Payload? {
        do {
            let claims = try await signer.verify(token, as: type)
            let now = now()
            guard claims.exp.value.addingTimeInterval(Self.leeway) > now,
                claims.nbf.value.addingTimeInterval(-Self.leeway) <= now
            else { return nil }
            return claims
        } catch is TokenRefused {
            return nil
        }
    }

    private func name(of audience: TokenAudience) -> String {
        switch audience {
        case .management: issuer
        case .registry: TokenAudience.registryResource
        }
    }
}
