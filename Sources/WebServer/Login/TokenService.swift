public import Crypto
import Foundation
import JWTKit
public import Storage
import TaskModel

/// Issues and checks the bearer tokens of the management API: JWTs signed with HMAC-SHA256 under the server's own key.
public struct TokenService: Sendable {
    /// How long a token is good for.
    static let lifetime: TimeInterval = 3600
    private static let leeway: TimeInterval = 60
    private let keys: JWTKeyCollection
    private let keyID: JWKIdentifier
    private let issuer: String
    private let tenant: String
    private let principals: PrincipalStore

    /// - Parameters:
    ///   - key: at least 256 bits.
    ///   - keyID: names the key in tokens.
    ///   - issuer: who signs: the server's name for itself.
    public init(key: SymmetricKey, keyID: String, issuer: String, tenant: String, principals: PrincipalStore) async {
        precondition(key.bitCount >= 256, "a signing key has at least 256 bits")
        self.keyID = JWKIdentifier(string: keyID)
        keys = await JWTKeyCollection().add(hmac: HMACKey(key: key), digestAlgorithm: .sha256, kid: self.keyID)
        self.issuer = issuer
        self.tenant = tenant
        self.principals = principals
    }

    struct Claims: JWTPayload {
        var iss: IssuerClaim
        var aud: AudienceClaim
        var sub: SubjectClaim
        var iat: IssuedAtClaim
        var nbf: NotBeforeClaim
        var exp: ExpirationClaim
        var tid: String

        func verify(using algorithm: some JWTAlgorithm) throws {}
    }

    /// A token for whoever showed this id and secret; nil if they don't belong together.
    func issue(clientID: String, secret: String, at now: Date) async throws -> String? {
        guard let principal = try await principals.authenticate(clientID, secret: secret) else { return nil }
        let claims = Claims(
            iss: IssuerClaim(value: issuer), aud: AudienceClaim(value: issuer), sub: SubjectClaim(value: principal.id),
            iat: IssuedAtClaim(value: now), nbf: NotBeforeClaim(value: now),
            exp: ExpirationClaim(value: now.addingTimeInterval(Self.lifetime)), tid: tenant)
        return try await keys.sign(claims, kid: keyID)
    }

    /// Whose token this is; nil if it is none of ours, has expired, or its principal is gone.
    func principal(of token: String, at now: Date) async throws -> Principal? {
        guard let claims = try? await keys.verify(token, as: Claims.self),  // why it is refused is nobody's business
            claims.iss.value == issuer, claims.aud.value.contains(issuer), claims.tid == tenant,
            claims.exp.value.addingTimeInterval(Self.leeway) > now,
            claims.nbf.value.addingTimeInterval(-Self.leeway) < now
        else { return nil }
        return try await principals.find(claims.sub.value)
    }
}
