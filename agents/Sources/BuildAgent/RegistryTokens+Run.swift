import Distribution
import DockerEngine
import Foundation
import TaskModel

extension RunSession {
    /// Fetches registries' tokens for a build of this run: the daemon never sees a password that a login service takes.
    var tokens: RegistryTokens { RegistryTokens(registries, secret: daemon.tokenSecret) }
}

extension RegistryTokens {
    /// How much longer a login service that fails for a moment is tried: the daemon waits for the answer.
    private static let patience = RetryPolicy(limit: .seconds(20), connectionAttempts: 2)

    init(_ registries: RegistryClient, secret: [UInt8]) {
        self.init(secret: secret) { registry in
            await registries.wantsTokens(registry)
        } fetch: { request, credential in
            let asked = TokenRequest(
                realm: request.realm, service: request.service.isEmpty ? nil : request.service,
                scopes: request.scopes)
            let begin = Date()
            let token = try await Self.patience.run {
                try await registries.token(asked, of: request.registry, credential: credential)
            }
            // A clock that is far from ours would make a fresh token an old one, which the daemon keeps for ever.
            let margin = TimeInterval(token.life.components.seconds) / 4
            let issued = token.issued.flatMap { abs($0.timeIntervalSince(begin)) <= margin ? $0 : nil }
            return Token(token.token, life: token.life, issued: issued ?? begin)
        }
    }
}
