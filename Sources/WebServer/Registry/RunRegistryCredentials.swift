public import Scheduling
public import Storage
public import TaskModel
import Foundation
import RegistryGateway

/// Logins of runs at registries that this server stands in front of: refresh tokens that are limited to what the run
/// needs, and that end with the attempt.
public struct RunRegistryCredentials: RegistryCredentials {
    private let tokens: RegistryTokens
    private let principals: PrincipalStore

    /// How long pushing one image may take, in seconds.
    private static let pushLifetime: TimeInterval = 2 * 3600

    public init(tokens: TokenService, principals: PrincipalStore) {
        self.tokens = RegistryTokens(tokens: tokens, now: tokens.now)
        self.principals = principals
    }

    public func pullCredential(
        for run: Run, at registry: Registry, lasting duration: Duration
    ) async throws -> Credential? {
        guard try await may(.pullImages, run, registry) else { return nil }
        return try await credential(
            for: run, at: registry, limit: [Self.pullAnything], lifetime: TimeInterval(duration.components.seconds))
    }

    public func pushCredential(for run: Run, to repository: String, at registry: Registry) async throws -> Credential? {
        guard try await may(.pushImages, run, registry) else { return nil }
        return try await credential(
            for: run, at: registry, limit: [Self.pullAnything, RegistryAccess(repository: repository, "pull", "push")],
            lifetime: Self.pushLifetime)
    }

    private static let pullAnything = RegistryAccess(repository: "*", "pull")

    public func may(_ permission: Permission, _ run: Run, _ registry: Registry) async throws -> Bool {
        try await RunPermissions(principals: principals).has(permission, run, registry)
    }

    private func credential(
        for run: Run, at registry: Registry, limit: [RegistryAccess], lifetime: TimeInterval
    ) async throws -> Credential {
        let token = try await tokens.refreshToken(
            for: .run(registry: run.registry, run.id, epoch: run.epoch), at: registry, limit: limit, lifetime: lifetime)
        return Credential(username: RegistryLogins.tokenUser, password: Secret(token))
    }
}
