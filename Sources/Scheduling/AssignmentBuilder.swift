import AgentProtocol
import Contexts
import Storage
import TaskModel

/// Puts together what an agent needs for a run.
struct AssignmentBuilder {
    private let environment: SchedulerEnvironment

    init(_ environment: SchedulerEnvironment) {
        self.environment = environment
    }

    private var settings: SchedulingSettings { environment.settings }

    /// - Throws: ``RegistryGone``, ``UnusableLogin``: the run can't be carried out.
    func assignment(of run: Run, lease: LeaseID) async throws -> RunAssignment {
        guard let registry = settings.registry(named: run.registry) else { throw RegistryGone(name: run.registry) }
        let request = try await VaultSecrets(of: run, environment).resolved(run.request)
        let logins = RunLogins(of: run, environment)
        let pullCredentials = try await logins.pull(for: request.common)
        let git = logins.git
        let pool = try await PoolDirectory(settings: settings, store: environment.pools).find(
            PoolID(registry: run.poolRegistry, name: run.agentPool))
        return RunAssignment(
            lease: lease, terms: settings.leases, run: run.id, epoch: run.epoch, pool: run.agentPool,
            registry: registry.gateway
                ? registry.seenFromOutside(with: pullCredentials[registry.loginServer.lowercased()])
                : run.isRestricted ? registry.withoutLogin : registry,
            request: request, source: source(of: request.common), commit: run.source?.commit,
            startTime: run.startTime ?? environment.now(), taskName: run.task, pullCredentials: pullCredentials,
            gitCredentials: git.credentials, gitSSH: git.ssh, timeout: request.common.timeout ?? settings.runTimeout,
            policy: pool?.policy ?? PoolPolicy(), taskFiles: settings.taskFiles,
            outputLimit: environment.outputs.maxBytes,
            builds: run.isRestricted ? settings.builds.forStrangers : settings.builds,
            cacheDomain: run.isRestricted ? CacheDomain(run: run.id) : settings.cacheDomain(of: registry),
            trigger: run.trigger, isRestricted: run.isRestricted)
    }

    private func source(of request: any CommonRequest) -> RunSource {
        guard let location = request.sourceLocation else { return .none }
        if RunService.uploadName(ofPath: location) != nil { return .upload }
        // What can't be read any more is for the agent to tell.
        if case .download = try? ContextLocation(location) { return .download(Secret(location)) }
        return .git(Secret(location))
    }
}

/// A run whose registry this server does not know any more.
struct RegistryGone: Error, CustomStringConvertible {
    let name: String

    var description: String {
        "Registry '\(name)' is no longer configured. Configure it again, then queue the run again."
    }
}

extension Registry {
    fileprivate var withoutLogin: Registry {
        Registry(name: name, loginServer: loginServer, endpoint: endpoint, credential: nil, gateway: gateway)
    }

    /// As an agent reaches it, which is given nothing that the registry behind knows.
    fileprivate func seenFromOutside(with credential: Credential?) -> Registry {
        Registry(
            name: name, loginServer: loginServer, endpoint: "https://" + loginServer, credential: credential,
            gateway: true)
    }
}
