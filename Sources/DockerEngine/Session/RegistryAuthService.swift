import Crypto
import Foundation
import NIOCore
import SwiftProtobuf
import Synchronization
import TaskModel

/// `moby.filesync.v1.Auth`: asked after a registry's 401, with the host of the registry.
///
/// Where a registry wants tokens the daemon gets those alone, each kept for whoever can prove to have the same
/// credential; where it wants the password itself (Basic), the daemon gets that.
final class RegistryAuthService: SessionService {
    private static let service = "/moby.filesync.v1.Auth/"

    let methods: [String]
    let limit: TimeAmount? = .seconds(150)
    private let credentials: @Sendable (_ registryHost: String) async -> Credential?
    private let tokens: RegistryTokens?
    /// By registry: whether it wants tokens.
    private let wishes = Mutex<[String: Bool]>([:])
    private let failures = Mutex<[RegistryTokens.Request: any Error]>([:])

    /// - Parameter tokens: nil leaves it to the daemon to fetch them, with the passwords.
    init(credentials: @escaping @Sendable (_ registryHost: String) async -> Credential?, tokens: RegistryTokens?) {
        self.credentials = credentials
        self.tokens = tokens
        let own = ["GetTokenAuthority", "FetchToken", "VerifyTokenAuthority"]
        methods = (["Credentials"] + (tokens == nil ? [] : own)).map { Self.service + $0 }
    }

    func answer(_ call: inout SessionCall) async throws {
        switch (call.path.dropFirst(Self.service.count), tokens) {
        case ("GetTokenAuthority", let tokens?):
            let request = try await call.only(WireTokenAuthorityRequest.self)
            let key = try await key(host: request.host, salt: request.salt, tokens)
            try await call.replies.send(
                WireTokenAuthorityResponse.with { $0.publicKey = key.publicKey.rawRepresentation })
        case ("VerifyTokenAuthority", let tokens?):
            let request = try await call.only(WireVerifyTokenAuthorityRequest.self)
            let key = try await key(host: request.host, salt: request.salt, tokens)
            let signature = try key.signature(for: request.payload)
            try await call.replies.send(
                WireVerifyTokenAuthorityResponse.with { $0.signed = signature + request.payload })
        case ("FetchToken", let tokens?): try await fetchToken(&call, tokens)
        default: try await giveCredential(&call)
        }
    }

    /// What a build that ended with this message of the daemon's failed on here.
    func failure(behind message: String) -> (any Error)? {
        failures.withLock { failures in failures.values.first { message.contains(Self.text(of: $0)) } }
    }

    private func credential(_ host: String) async -> Credential? {
        await credentials(RegistryLogin.registry(ofHost: host))
    }

    private func key(
        host: String, salt: Data, _ tokens: RegistryTokens
    ) async throws -> Curve25519.Signing.PrivateKey {
        // Without a password there is nothing to keep from the daemon: it fetches the token itself.
        guard let credential = await credential(host) else { throw CallStatus(.unavailable, "no login at \(host)") }
        // Nor can one be fetched here for a registry that only the daemon reaches or trusts.
        guard await wantsTokens(RegistryLogin.registry(ofHost: host)) else {
            throw CallStatus(.unavailable, "\(host) gives no tokens that can be fetched from here")
        }
        return try tokens.key(host: host, salt: salt, credential: credential)
    }

    private func giveCredential(_ call: inout SessionCall) async throws {
        let request = try await call.only(WireCredentialsRequest.self)
        let credential = await credential(request.host)
        // Asked only to see whether this build may use what the daemon keeps for one that gave it the same password.
        if credential != nil, await wantsTokens(RegistryLogin.registry(ofHost: request.host)) {
            throw CallStatus(.unavailable, "\(request.host) gets tokens, no passwords")
        }
        // Anonymous is an empty message, not an error.
        try await call.replies.send(
            WireCredentialsResponse.with {
                $0.username = credential?.username ?? ""
                $0.secret = credential?.password.value ?? ""
            })
    }

    private func wantsTokens(_ registry: String) async -> Bool {
        if let known = wishes.withLock({ $0[registry] }) { return known }
        // A registry that can't be asked from here may want the password.
        let isWanted = await tokens?.isWanted(registry) ?? false
        wishes.withLock { $0[registry] = isWanted }
        return isWanted
    }

    private func fetchToken(_ call: inout SessionCall, _ tokens: RegistryTokens) async throws {
        let wire = try await call.only(WireFetchTokenRequest.self)
        let request = RegistryTokens.Request(
            registry: RegistryLogin.registry(ofHost: wire.host), realm: wire.realm, service: wire.service,
            scopes: wire.scopes)
        // The daemon asks again and again.
        if let failure = failures.withLock({ $0[request] }) {
            throw CallStatus(.permissionDenied, Self.text(of: failure))
        }
        let token: RegistryTokens.Token
        do {
            token = try await tokens.fetch(request, await credential(wire.host))
        } catch {
            failures.withLock { $0[request] = error }
            throw CallStatus(.permissionDenied, Self.text(of: error))
        }
        try await call.replies.send(
            WireFetchTokenResponse.with {
                $0.token = token.value.value
                // With 0 the daemon keeps it for ever.
                $0.expiresIn = max(1, token.life.components.seconds)
                $0.issuedAt = Int64(token.issued.timeIntervalSince1970)
            })
    }

    private static func text(of error: any Error) -> String { "\(error)" }
}
