import Foundation
import JWTKit
import RegistryGateway
import TaskModel

/// Makes and reads the tokens of a registry's own endpoints.
///
/// A refresh token stands for a login, an access token for what a client may do with it for an hour. Both are for one
/// login server, so no token of the management API is taken for one of them, nor the other way round.
struct RegistryTokens: Sendable {
    /// In seconds.
    static let refreshLifetime: TimeInterval = 3 * 3600
    static let accessLifetime: TimeInterval = 3600

    let tokens: TokenService
    let now: @Sendable () -> Date

    enum Kind: String, Codable, Sendable {
        case refresh = "refresh_token"
        case access = "access_token"
    }

    struct Claims: TimedPayload {
        /// The login server, as is ``aud``.
        var iss: IssuerClaim
        var aud: AudienceClaim
        var sub: SubjectClaim
        var iat: IssuedAtClaim
        var nbf: NotBeforeClaim
        var exp: ExpirationClaim
        var jti: IDClaim
        var grantType: Kind
        /// What an access token allows; what a refresh token is limited to, nil for no limit.
        var access: [RegistryAccess]?
        /// Which secret or password the login was made with, or for which attempt: see ``RegistrySubject/key``.
        var key: String?

        private enum CodingKeys: String, CodingKey {
            case iss, aud, sub, iat, nbf, exp, jti, access, key
            case grantType = "grant_type"
        }

        func verify(using algorithm: some JWTAlgorithm) throws {}
    }

    /// - Parameters:
    ///   - limit: nil for all that the caller may do.
    ///   - lifetime: in seconds.
    func refreshToken(
        for subject: RegistrySubject, at registry: Registry, limit: [RegistryAccess]? = nil,
        lifetime: TimeInterval = refreshLifetime
    ) async throws -> String {
        try await sign(.refresh, subject, registry, access: limit, lifetime: lifetime)
    }

    func accessToken(
        for subject: RegistrySubject, at registry: Registry, access: [RegistryAccess]
    ) async throws -> String {
        try await sign(.access, subject, registry, access: access, lifetime: Self.accessLifetime)
    }

    private func sign(
        _ kind: Kind, _ subject: RegistrySubject, _ registry: Registry, access: [RegistryAccess]?,
        lifetime: TimeInterval
    ) async throws -> String {
        let now = now()
        let server = registry.loginServer.lowercased()
        let claims = Claims(
            iss: IssuerClaim(value: server), aud: AudienceClaim(value: server),
            sub: SubjectClaim(value: subject.text), iat: IssuedAtClaim(value: now), nbf: NotBeforeClaim(value: now),
            exp: ExpirationClaim(value: now.addingTimeInterval(min(lifetime, TokenKeys.longestLifetime))),
            jti: IDClaim(value: UUID().uuidString.lowercased()), grantType: kind, access: access, key: subject.key)
        return try await tokens.sign(claims)
    }

    /// What a token says; nil if it is none of ours, of another kind or registry, or over.
    func read(_ token: String, as kind: Kind, at registry: Registry) async throws -> Claims? {
        let server = registry.loginServer.lowercased()
        guard let claims = try await tokens.read(token, as: Claims.self), claims.grantType == kind,
            claims.iss.value == server, claims.aud.value == [server]
        else { return nil }
        return claims
    }
}
