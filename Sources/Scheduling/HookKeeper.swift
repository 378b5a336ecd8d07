public import CurlHTTP
import Crypto
public import Forges
import Foundation
import Logging
public import ServiceLifecycle
public import Storage
import Synchronization
public import TaskModel

/// Keeps the hooks of source triggers: each trigger whose forge is known has one here, and at the forge where there is a token.
///
/// Hooks at forges are made within seconds after their task was written, looked at again every six hours, and removed with their trigger, or
/// while it is disabled; the id and the secret of one stay as long as the trigger.
public struct HookKeeper: Service {
    let tasks: any TaskStore
    let hooks: HookStore
    let forges: ForgeDirectory
    let http: HTTPClient
    let address: HookAddress
    let logger: Logger
    let now: @Sendable () -> Date
    let agenda = HookAgenda()
    let queue = ForgeQueue<Work>()
    private let signal = ChangeSignal()
    private let planned = ChangeSignal()
    private let settings: SchedulingSettings

    /// - Parameter http: with the addresses that forges may have.
    public init(
        _ environment: SchedulerEnvironment, tasks: any TaskStore, hooks: HookStore, forges: ForgeDirectory,
        http: HTTPClient, address: HookAddress
    ) {
        settings = environment.settings
        logger = environment.logger
        now = environment.now
        self.tasks = tasks
        self.hooks = hooks
        self.forges = forges
        self.http = http
        self.address = address
    }

    // MARK: Tasks

    /// Follows what became of a task that was written or deleted. What is to be done at forges is done by the service.
    ///
    /// - Parameter old: the task before, for its tokens; nil for a new one.
    public func taskChanged(_ name: String, in registry: String, from old: TaskDefinition?) async throws {
        try await reconcile(
            try await tasks.find(name, in: registry), named: name, in: registry, from: old, isWritten: true)
        signal.notify()
    }

    /// How the hooks of a task's source triggers stand, in the order of these.
    public func state(of task: TaskDefinition) async throws -> [TriggerState.Source] {
        let known = try await hooks.hooks(of: task.name, in: task.registry)
        return task.triggers.source.map { trigger in
            let hook = known.first { $0.trigger.lowercased() == trigger.name.lowercased() }.map { hook in
                var shown = TriggerState.Hook(hook, at: address)
                shown.problem = problem(of: hook, for: trigger, in: task) ?? hook.problem
                return shown
            }
            return TriggerState.Source(
                trigger: trigger.name, forge: forges.location(of: trigger.repositoryURL)?.kind, hook: hook)
        }
    }

    /// Why nobody keeps a hook at its forge; nil where somebody does, or nobody is expected to.
    private func problem(of hook: Hook, for trigger: SourceTriggerDefinition, in task: TaskDefinition) -> String? {
        guard hook.standing == .manual else { return nil }
        guard task.token(for: trigger) != nil else { return hook.remoteID == nil ? nil : Self.noToken }
        if !address.makesHooks { return Self.noAddress }
        return trigger.isEnabled || hook.remoteID != nil ? nil : Self.resting
    }

    private static let noToken =
        "The hook was made with a token that the task has no more, so that nobody sees whether it is still at the forge. Give the task a token."
    private static let resting = "The hook is not at the forge while its trigger is disabled."
    private static let noAddress =
        "Hooks are not made, as nobody said at what URL forges reach this server. Set publicURL, or paste URL and secret."

    private func reconcile(
        _ task: TaskDefinition?, named name: String, in registry: String, from old: TaskDefinition?, isWritten: Bool
    ) async throws {
        let wanted = (task?.triggers.source ?? []).compactMap { trigger in
            forges.location(of: trigger.repositoryURL).map { (trigger: trigger, location: $0) }
        }
        let known = try await hooks.hooks(of: name, in: registry)
        var kept: [String: Hook] = [:]
        for hook in known {
            let isWanted = wanted.contains { wanted in
                wanted.trigger.name.lowercased() == hook.trigger.lowercased()
                    && hook.kind == .forge(wanted.location.kind)
                    && RepositoryName(hook.repositoryURL, on: wanted.location.kind)?
                        .isSame(as: wanted.location.repository) == true
            }
            if isWanted {
                kept[hook.trigger.lowercased()] = hook
            } else {
                let known = old.flatMap { token(of: hook, $0) } ?? hook.token
                try await hooks.remove(hook.id, leaving: removal(of: hook, token: known))
            }
        }
        guard let task else { return }
        for (trigger, location) in wanted {
            let isOurs = trigger.isEnabled && address.makesHooks && task.token(for: trigger) != nil
            if let hook = kept[trigger.name.lowercased()] {
                if isWritten || hook.standing == (isOurs ? .manual : .installed) {
                    try await restand(hook, isOurs: isOurs, rests: !trigger.isEnabled)
                }
            } else if trigger.isEnabled {
                try await hooks.add(
                    Hook(
                        for: trigger, of: task.name, in: registry, on: location.kind,
                        standing: isOurs ? .pending : .manual), replacesUnreadable: isWritten)
            }
        }
    }

    /// A task that is written may have another token now.
    private func restand(_ hook: Hook, isOurs: Bool, rests: Bool) async throws {
        var hook = hook
        switch hook.standing {
        // It is to go from the forge, if it may be there.
        case .pending where rests, .installed where rests: hook.standing = .pending
        case .manual, .failed, .pending: hook.standing = isOurs ? .pending : .manual
        case .installed: if isOurs { hook.checkTime = nil } else { hook.standing = .manual }
        }
        hook.problem = nil
        agenda.noteChange(of: hook.id)
        _ = try await hooks.note(hook)  // gone: another writer of the task was here
    }

    private func token(of hook: Hook, _ task: TaskDefinition) -> Secret? {
        task.triggers.source.first { $0.name.lowercased() == hook.trigger.lowercased() }
            .flatMap { task.token(for: $0) }
    }

    static let removalTime: TimeInterval = 24 * 3600

    /// What is to be done at the forge; nil where nothing was made there, or without a token.
    func removal(of hook: Hook, token: Secret?) -> HookRemoval? {
        guard let token, hook.remoteID != nil || hook.standing == .pending else { return nil }
        return HookRemoval(
            id: hook.id, repositoryURL: hook.repositoryURL, url: hook.url(at: address.server),
            remoteID: hook.remoteID, token: token, endTime: now().addingTimeInterval(Self.removalTime))
    }

    // MARK: The service

    private static let lookEvery = Duration.seconds(5)
    private static let workers = 16

    public func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await keepPlanning() }
            for _ in 0..<Self.workers {
                group.addTask {
                    await following({ planned.stream() }, logger: logger, failure: "hooks not kept") {
                        await workThrough()
                        return Self.lookEvery
                    }
                }
            }
        }
    }

    private func keepPlanning() async {
        let isReconciled = Atomic(false)
        await following({ signal.stream() }, logger: logger, failure: "hooks not kept") {
            if !isReconciled.load(ordering: .relaxed) {
                try await reconcileAll()
                isReconciled.store(true, ordering: .relaxed)
            }
            try await plan()
            planned.notify()
            return Self.lookEvery
        }
    }

    /// Makes up for what a process that ended could not follow.
    func reconcileAll() async throws {
        for registry in settings.registries.map(\.name) {
            let names = try await tasks.names(in: registry)
            for name in names {
                // Each as it is by then.
                guard let task = try await ifReadable({ try await tasks.find(name, in: registry) }) else { continue }
                try await reconcile(task, named: task.name, in: registry, from: task, isWritten: false)
            }
            let known = Set(names.map { $0.lowercased() })
            for hook in try await hooks.hooks(in: registry)
            where !hook.task.isEmpty && !known.contains(hook.task.lowercased()) {
                // One that was made just now has its hook already.
                guard try await tasks.find(hook.task, in: registry) == nil else { continue }
                try await hooks.remove(hook.id, leaving: removal(of: hook, token: hook.token))
            }
        }
    }
}

extension Hook {
    /// A new one, with an id and a secret that nobody can guess.
    fileprivate init(
        for trigger: SourceTriggerDefinition, of task: String, in registry: String, on forge: ForgeKind,
        standing: Standing
    ) {
        let secret = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
        let id = SymmetricKey(size: .bits128).withUnsafeBytes { Array($0) }
        self.init(
            id: id.hexadecimal, kind: .forge(forge), registry: registry, task: task, trigger: trigger.name,
            repositoryURL: trigger.repositoryURL,
            // As GitLab wants tokens with which it signs.
            secret: Secret(forge == .gitLab ? "whsec_" + Data(secret).base64EncodedString() : secret.hexadecimal),
            standing: standing)
    }
}

extension TriggerState.Hook {
    fileprivate init(_ hook: Hook, at address: HookAddress) {
        self.init(
            standing: hook.standing, url: hook.url(at: address.server), secret: hook.secret,
            problem: hook.problem, checkTime: hook.checkTime, lastDeliveryTime: hook.lastDeliveryTime)
    }
}
