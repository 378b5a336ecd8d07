import Crypto
import Foundation
import Hummingbird
import JWTKit
import RegistryGateway
import Scheduling
import Storage
import TaskModel

/// Checks logins and tokens at a registry. Whoever they stand for is looked up each time: a principal that is gone, a
/// run whose attempt has ended, a password that was changed are good for nothing from then on.
struct RegistryLogins: Sendable {
    /// The user name that goes with a refresh token as password.
    static let tokenUser = "00000000-0000-0000-0000-000000000000"

    let tokens: TokenService
    let principals: PrincipalStore
    let adminUsers: AdminUserStore
    let runs: RunService
    let settings: SchedulingSettings
    let failures: FailedLogins

    var registryTokens: RegistryTokens { RegistryTokens(tokens: tokens, now: tokens.now) }

    // MARK: Logging in

    /// Who logs in with a user name and a password: a refresh token, a principal's secret, or a password of the
    /// registry's administrator. Nil if they don't belong together.
    ///
    /// - Parameter address: where the login comes from: too many that fail are answered 429.
    func caller(
        username: String, password: String, at registry: Registry, from address: String?
    ) async throws -> RegistryCaller? {
        // A token can't be guessed, and one that has ended is no attempt: builds that use it share an address with others.
        if username == Self.tokenUser { return try await self.caller(refreshToken: password, at: registry) }
        if let seconds = failures.wait(address) { throw Self.tooManyFailures(seconds) }
        if let caller = try await found(username: username, password: password, at: registry) { return caller }
        if let seconds = failures.note(clientID: username, address: address) { throw Self.tooManyFailures(seconds) }
        return nil
    }

    private static func tooManyFailures(_ seconds: Int) -> RegistryFailure {
        RegistryFailure(
            429, "TOOMANYREQUESTS", "Too many logins failed. Wait \(seconds) s and try again.", retryAfter: seconds)
    }

    private func found(username: String, password: String, at registry: Registry) async throws -> RegistryCaller? {
        if username.lowercased() == registry.name.lowercased() {
            return try await administrator(password, of: registry)
        }
        guard let login = try await principals.authenticate(username, secret: password, at: tokens.now()) else {
            return nil
        }
        return caller(login.principal, secret: login.secretID, at: registry)
    }

    func caller(refreshToken: String, at registry: Registry) async throws -> RegistryCaller? {
        guard let claims = try await registryTokens.read(refreshToken, as: .refresh, at: registry) else { return nil }
        return try await caller(of: claims, limit: claims.access, at: registry)
    }

    /// Who logs in with a token of the management API, or one that was made to be exchanged.
    func caller(managementToken token: String, at registry: Registry) async throws -> RegistryCaller? {
        try await tokens.login(of: token, for: [.registry, .management])
            .flatMap { caller($0.principal, secret: $0.secretID, at: registry) }
    }

    // MARK: Using a token

    /// Who makes a request, limited to what the access token gives; with Basic, to what the login gives.
    func caller(of request: Request, _ context: ResourceContext, at registry: Registry) async throws -> RegistryCaller?
    {
        guard let header = request.headers[.authorization] else { return nil }
        if let (username, password) = Self.basicLogin(header) {
            return try await caller(username: username, password: password, at: registry, from: context.address)
        }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer",
            let claims = try await registryTokens.read(String(parts[1]), as: .access, at: registry)
        else { return nil }
        return try await caller(of: claims, limit: claims.access ?? [], at: registry)
    }

    /// `Basic` and base64 of `user:password` (RFC 7617).
    static func basicLogin(_ header: String) -> (username: String, password: String)? {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "basic", let data = Data(base64Encoded: String(parts[1])),
            let text = String(data: data, encoding: .utf8), let colon = text.firstIndex(of: ":")
        else { return nil }
        return (String(text[..<colon]), String(text[text.index(after: colon)...]))
    }

    // MARK: Looking up

    private func caller(
        of claims: RegistryTokens.Claims, limit: [RegistryAccess]?, at registry: Registry
    ) async throws -> RegistryCaller? {
        guard let subject = RegistrySubject(claims.sub.value, key: claims.key) else { return nil }
        switch subject {
        case .principal(let id, let secret):
            guard let principal = try await principals.find(id, holding: secret, at: tokens.now()) else { return nil }
            return caller(principal, secret: secret, at: registry, limit: limit)
        case .administrator(let key):
            let passwords = try await adminUsers.find(registry.name) ?? [:]
            guard passwords.values.contains(where: { RegistryCaller.keyID(of: $0) == key }) else { return nil }
            return administrator(key: key, limit: limit)
        case .run(let home, let id, let epoch):
            guard let home = settings.registry(named: home), let limit else { return nil }
            do {
                let run = try await runs.show(id.text, in: home)
                // Once a stop was asked for, or its agent has lost it, nothing of a run is pushed any more.
                guard [.started, .running].contains(run.status), run.epoch == epoch, !run.isCancelRequested,
                    !run.isTimeoutRequested
                else { return nil }
                let needed: Permission = limit.contains { $0.actions.contains("push") } ? .pushImages : .pullImages
                guard try await RunPermissions(principals: principals).has(needed, run, registry) else { return nil }
            } catch RunServiceError.runNotFound {
                return nil
            }
            return RegistryCaller(subject: subject, permissions: [.pullImages, .pushImages], limit: limit)
        }
    }

    /// Nil for a principal that may do nothing there.
    private func caller(
        _ principal: Principal, secret: String, at registry: Registry, limit: [RegistryAccess]? = nil
    ) -> RegistryCaller? {
        let permissions = principal.permissions(in: registry.name).intersection([
            .pullImages, .pushImages, .deleteImages,
        ])
        guard !permissions.isEmpty else { return nil }
        return RegistryCaller(subject: .principal(principal.id, secret: secret), permissions: permissions, limit: limit)
    }

    private func administrator(_ password: String, of registry: Registry) async throws -> RegistryCaller? {
        let known = try await adminUsers.find(registry.name) ?? [:]
        // Hashes of equal length: how long the comparison takes tells nothing.
        let given = SHA256.hash(data: Data(password.utf8))
        guard let match = known.values.first(where: { SHA256.hash(data: Data($0.value.utf8)) == given }) else {
            return nil
        }
        return administrator(key: RegistryCaller.keyID(of: match), limit: nil)
    }

    private func administrator(key: String, limit: [RegistryAccess]?) -> RegistryCaller {
        RegistryCaller(
            subject: .administrator(key: key), permissions: [.pullImages, .pushImages, .deleteImages], limit: limit)
    }
}
