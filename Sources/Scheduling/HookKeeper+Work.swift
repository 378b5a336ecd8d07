import Forges
import Foundation
import Logging
import Storage
import TaskModel

/// What is done at forges.
extension HookKeeper {
    enum Work {
        case look(Hook)
        case removal(HookRemoval)
    }

    /// Does what is due, until nothing is.
    func work() async throws {
        try await plan()
        await workThrough()
    }

    /// Queues what is due.
    func plan() async throws {
        let time = now()
        let candidates = try await hooks.hooks(
            checkedUntil: time - HookAgenda.checkInterval / .seconds(1), or: agenda.planned(until: time))
        let due = candidates.filter { hook in
            guard case .forge = hook.kind, !hook.task.isEmpty else { return false }
            return agenda.time(of: hook).map { $0 <= time } ?? false
        }
        let removals = try await hooks.removals().filter { agenda.time(of: $0) <= time }
        queue.offer(due.map { .init(id: "hook \($0.id)", forge: forge(of: $0.repositoryURL), item: .look($0)) })
        queue.offer(
            removals.map { .init(id: "removal \($0.id)", forge: forge(of: $0.repositoryURL), item: .removal($0)) })
    }

    private func forge(of repositoryURL: String) -> String { forges.location(of: repositoryURL)?.api ?? "" }

    /// Several do this at once.
    func workThrough() async {
        while !Task.isCancelled, let piece = queue.take() {
            switch piece.item {
            case .look(let hook): await look(at: hook)
            case .removal(let removal): await carryOut(removal)
            }
            queue.finish(piece)
        }
    }

    private func look(at hook: Hook) async {
        let changes = agenda.changes(of: hook.id)
        do {
            let task = try await tasks.find(hook.task, in: hook.registry)
            guard let task,
                let trigger = task.triggers.source.first(where: { $0.name.lowercased() == hook.trigger.lowercased() })
            else {
                // Whoever wrote or deleted the task may have failed to tell.
                agenda.forget(hook.id)
                return try await hooks.remove(hook.id, leaving: removal(of: hook, token: hook.token))
            }
            guard let location = forges.location(of: trigger.repositoryURL) else {
                return agenda.noteEnd(of: hook.id, changes: changes)
            }
            var looked = hook
            guard address.makesHooks, let token = task.token(for: trigger) else {
                looked.standing = .manual
                looked.checkTime = now()
                _ = try await hooks.note(looked)  // gone: nothing to note
                return agenda.noteEnd(of: hook.id, changes: changes)
            }
            if hook.token != token, trigger.isEnabled {
                // Written first, so that it can be removed whatever becomes of this process.
                looked.token = token
                _ = try await hooks.note(looked)
            }
            let wait =
                await trigger.isEnabled
                ? install(&looked, at: location, with: token) : uninstall(&looked, at: location, with: token)
            if Task.isCancelled { return }  // that it was broken off says nothing of the forge
            if try await hooks.note(looked) {
                switch wait {
                case .none: agenda.noteEnd(of: hook.id, changes: changes)
                case .some(let least): agenda.noteFailure(of: hook.id, at: now(), retryAfter: least)
                }
            } else {
                // The trigger went meanwhile, and nobody else knows what was made.
                agenda.forget(hook.id)
                try await hooks.remove(hook.id, leaving: removal(of: looked, token: token))
            }
        } catch {
            agenda.noteFailure(of: hook.id, at: now(), retryAfter: nil)
            logger.warning("hook not kept", metadata: ["hook": "\(hook.id)", "error": "\(error)"])
        }
    }

    /// - Returns: nil if that is how it stands now; else it is tried again, not before a time that the forge may have named.
    private func install(_ hook: inout Hook, at location: ForgeLocation, with token: Secret) async -> Duration?? {
        do throws(ForgeError) {
            let client = ForgeClient(location, token: token, http: http)
            let url = hook.url(at: address.server)
            let before = hook.remoteID
            hook.remoteID = try await client.install(WantedHook(url: url, secret: hook.secret))
            // One that calls where this server was before.
            if let before, let made = hook.remoteID { try await client.remove(before, keeping: made) }
            if hook.standing != .installed {
                logger.info(
                    "hook made",
                    metadata: ["task": "\(hook.task)", "trigger": "\(hook.trigger)", "hook": "\(hook.id)"])
            }
            hook.standing = .installed
            hook.problem = nil
            hook.checkTime = now()
            return nil
        } catch {
            hook.problem = error.description
            logger.warning(
                "hook not made",
                metadata: ["task": "\(hook.task)", "trigger": "\(hook.trigger)", "error": "\(error)"])
            if case .unavailable(_, _, let retryAfter) = error { return .some(retryAfter) }
            hook.standing = .failed
            hook.checkTime = now()
            return nil
        }
    }

    /// What rests is not called. As ``install(_:at:with:)``.
    private func uninstall(_ hook: inout Hook, at location: ForgeLocation, with token: Secret) async -> Duration?? {
        do throws(ForgeError) {
            if hook.remoteID != nil || hook.standing == .pending {
                try await ForgeClient(location, token: token, http: http)
                    .remove(hook.remoteID, url: hook.url(at: address.server))
            }
            hook.remoteID = nil
            hook.token = nil
            hook.problem = nil
        } catch {
            if case .unavailable(_, _, let retryAfter) = error { return .some(retryAfter) }
            // What it tells makes no run.
            logger.warning("hook left at its forge", metadata: ["hook": "\(hook.id)", "error": "\(error)"])
        }
        hook.standing = .manual
        hook.checkTime = now()
        return nil
    }

    private func carryOut(_ removal: HookRemoval) async {
        do {
            guard now() < removal.endTime, let location = forges.location(of: removal.repositoryURL) else {
                logger.warning("hook left at its forge", metadata: ["url": "\(removal.repositoryURL)"])
                return try await end(removal)
            }
            do throws(ForgeError) {
                try await ForgeClient(location, token: removal.token, http: http)
                    .remove(removal.remoteID, url: removal.url)
            } catch .unavailable(_, let reason, let retryAfter) {
                logger.debug("hook not removed yet", metadata: ["reason": "\(reason)"])
                return agenda.noteFailure(of: removal.id, at: now(), retryAfter: retryAfter)
            } catch {
                logger.warning(
                    "hook left at its forge", metadata: ["url": "\(removal.repositoryURL)", "error": "\(error)"])
            }
            try await end(removal)
        } catch {
            agenda.noteFailure(of: removal.id, at: now(), retryAfter: nil)
            logger.warning("hook not removed", metadata: ["hook": "\(removal.id)", "error": "\(error)"])
        }
    }

    private func end(_ removal: HookRemoval) async throws {
        try await hooks.finishRemoval(removal.id)
        agenda.forget(removal.id)
    }
}
