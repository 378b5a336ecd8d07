import AgentProtocol
import Contexts
import TaskModel

/// What a run may log in with: at registries and at git servers. One that carries out what strangers wrote may log in nearly nowhere.
struct RunLogins {
    private let run: Run
    private let environment: SchedulerEnvironment

    init(of run: Run, _ environment: SchedulerEnvironment) {
        self.run = run
        self.environment = environment
    }

    private var settings: SchedulingSettings { environment.settings }

    /// What pulls, by host.
    ///
    /// - Parameter request: the run's own, with what its logins in vaults stand for.
    func pull(for request: any CommonRequest) async throws -> [String: Credential] {
        if run.isRestricted { return [:] }
        var credentials = settings.otherCredentials
        if request.loginMode == .default {
            for registry in settings.registries where try await may(.pullImages, in: registry) {
                credentials[registry.loginServer.lowercased()] =
                    registry.gateway ? try await mintedCredential(at: registry) : registry.credential
            }
        }
        return credentials.merging(request.customCredentials) { _, ofRun in ofRun }
    }

    /// What pushes an image.
    func push(to image: ImageReference) async throws -> Credential? {
        let request = run.request.common
        if let given = request.customCredentials[image.registry] { return given }
        if let login = request.vaultLogins[image.registry] {
            return try await VaultSecrets(of: run, environment).credential(for: login)
        }
        guard request.loginMode == .default else { return nil }
        if let registry = settings.gateway(at: image.registry) {
            return try await environment.registryCredentials?.pushCredential(
                for: run, to: image.repository, at: registry)
        }
        // The server's other logins are for reading.
        guard let registry = settings.registry(at: image.registry), try await may(.pushImages, in: registry) else {
            return nil
        }
        return registry.credential
    }

    /// What fetches from git servers. A stranger's commit names any repository as a submodule, and not every agent knows that it must log in to
    /// none: it gets what the run's own repository needs.
    var git: (credentials: [String: Credential], ssh: GitSSH?) {
        guard run.isRestricted else { return (settings.gitCredentials, settings.gitSSH) }
        // What can't be read is fetched by nobody.
        guard let location = run.request.common.sourceLocation,
            case .git(let reference)? = try? ContextLocation(location)
        else { return ([:], nil) }
        return (reference.logins(among: settings.gitCredentials), reference.isOverSSH ? settings.gitSSH : nil)
    }

    private func may(_ permission: Permission, in registry: Registry) async throws -> Bool {
        if let credentials = environment.registryCredentials {
            return try await credentials.may(permission, run, registry)
        }
        return run.registry.lowercased() == registry.name.lowercased()
    }

    private func mintedCredential(at registry: Registry) async throws -> Credential? {
        let timeout = run.request.common.timeout ?? settings.runTimeout
        return try await environment.registryCredentials?.pullCredential(
            for: run, at: registry, lasting: timeout + .seconds(600))
    }
}
