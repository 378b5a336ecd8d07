import Storage
import TaskModel

/// What images below tasks are asked for with: what runs of these tasks would pull them with.
struct ImageLogins: Sendable {
    let environment: SchedulerEnvironment
    let tasks: any TaskStore

    /// Why an image can't be asked for, for people.
    struct Refusal: Error, CustomStringConvertible {
        let description: String
        /// Whether the registry said nothing at all.
        var isSilence = false
    }

    /// Which login a task uses for an image: empty for the one that the server has for everybody, or that of the task.
    func login(for image: ImageReference, of task: TaskDefinition) async throws -> String {
        let own = TrackedImage.taskLogin(TaskKey(registry: task.registry, task: task.name))
        let run = try probe(task)
        let common = run.request.common
        if common.customCredentials[image.registry] != nil || common.vaultLogins[image.registry] != nil { return own }
        guard let registry = environment.settings.registry(at: image.registry) else { return "" }
        return try await may(run, registry) ? "" : own
    }

    /// - Throws: ``Refusal``; what a store throws.
    func credential(for check: ImageCheck) async throws -> Credential? {
        let host = check.image.registry
        let registry = environment.settings.registry(at: host)
        if check.login.isEmpty { return registry?.credential ?? environment.settings.otherCredentials[host] }
        let names = check.login.split(separator: "/", maxSplits: 1).map(String.init)
        guard names.count == 2, let task = try await tasks.find(names[1], in: names[0]) else {
            throw Refusal(description: "The task \(check.login) is gone, whose login was used.")
        }
        let run = try probe(task)
        if let credential = run.request.common.customCredentials[host] { return credential }
        if let login = run.request.common.vaultLogins[host] {
            return try await VaultSecrets(of: run, environment).credential(for: login)
        }
        guard let registry else { return environment.settings.otherCredentials[host] }
        guard try await may(run, registry) else {
            throw Refusal(
                description:
                    "Runs of the task may not pull from \(host). Give whoever wrote the task last the right to, "
                    + "or the task a login there.")
        }
        return registry.credential
    }

    private func may(_ run: Run, _ registry: Registry) async throws -> Bool {
        guard run.request.common.loginMode == .default else { return false }
        if let credentials = environment.registryCredentials {
            return try await credentials.may(.pullImages, run, registry)
        }
        return run.registry.lowercased() == registry.name.lowercased()
    }

    /// A run of the task as it would be.
    private func probe(_ task: TaskDefinition) throws -> Run {
        let now = environment.now()
        return Run(
            id: RunID(sequence: 0), registry: task.registry, status: .queued, type: .autoRun,
            request: try TaskRequest(task).request(with: TaskOverrides()), submittedBy: task.changed.by, agentPool: "",
            task: task.name, createTime: now, lastUpdatedTime: now)
    }
}
