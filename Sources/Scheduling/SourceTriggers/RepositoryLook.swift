import Contexts
import Forges
import Foundation
import Storage
import TaskModel

/// One look at a repository, for all triggers that watch it: what is new there starts their tasks.
struct RepositoryLook {
    /// What came of it.
    struct Result: Sendable, Hashable {
        /// Whether nobody's look was in vain.
        var isComplete = true
        /// Whether all who watch it are told of pushes by hooks as well.
        var hasHooks = true
    }

    let polls: PollStore
    let tasks: any TaskStore
    let hooks: HookStore
    let trigger: SourceTrigger
    let repositories: Repositories
    let now: @Sendable () -> Date

    /// A watch with what it takes to act on it.
    private struct Watcher: Sendable {
        let watch: PollStore.Watch
        let task: TaskDefinition
        let trigger: SourceTriggerDefinition
        let reference: GitReference
    }

    /// - Throws: what comes from the store.
    func look(at address: String) async throws -> Result {
        var result = Result()
        var watchers: [Watcher] = []
        for watch in try await polls.watches(of: address) {
            guard let task = try await tasks.find(watch.task, in: watch.registry),
                let definition = task.triggers.source.first(where: {
                    $0.name.lowercased() == watch.trigger.lowercased()
                })
            else { continue }
            guard let reference = trigger.repository(of: definition, for: task), let whole = try? reference.at(nil) else {
                try await polls.note("The trigger's repository is no git URL.", of: watch, at: now())
                continue
            }
            if try await !hasHook(watch) { result.hasHooks = false }
            watchers.append(Watcher(watch: watch, task: task, trigger: definition, reference: whole))
        }
        // Those who log in alike are shown the same.
        for group in Dictionary(grouping: watchers, by: \.reference.written).values {
            if try await !look(for: group) { result.isComplete = false }
        }
        return result
    }

    private func hasHook(_ watch: PollStore.Watch) async throws -> Bool {
        try await hooks.hooks(of: watch.task, in: watch.registry).contains { hook in
            hook.trigger.lowercased() == watch.trigger.lowercased()
                && (hook.standing == .installed || hook.lastDeliveryTime != nil)
        }
    }

    /// - Returns: false if it was in vain for one of them.
    private func look(for group: [Watcher]) async throws -> Bool {
        let refs: GitRefs
        do {
            refs = try await repositories.remote(group[0].reference).refs()
        } catch let error as ContextError {
            for watcher in group { try await polls.note("\(error)", of: watcher.watch, at: now()) }
            return false
        }
        var isComplete = true
        for watcher in group {
            if try await !act(on: refs, for: watcher) { isComplete = false }
        }
        return isComplete
    }

    /// Starts the task of a watcher for what is new. What can't be started now is new the next time as well.
    private func act(on refs: GitRefs, for watcher: Watcher) async throws -> Bool {
        let seen = try await polls.seen(by: watcher.watch)
        var news: [String: String?] = refs.commits.filter { seen[$0.key] != $0.value }
        for name in seen.keys where refs.commits[name] == nil { news[name] = .some(nil) }
        var problem: String?
        if watcher.watch.hasLooked {
            for (name, commit) in news.sorted(by: { $0.key < $1.key }) {
                guard let commit else { continue }
                let event = PushEvent(
                    repository: ForgeRepository(urls: [watcher.reference.remote], defaultBranch: refs.defaultBranch),
                    ref: name, before: seen[name], after: commit)
                guard var change = SourceChange(event, id: "poll-\(commit.prefix(12))") else { continue }
                change.isPeeled = true
                do {
                    _ = try await trigger.start(watcher.task, watcher.trigger, by: change)
                } catch is CancellationError {
                    throw CancellationError()
                } catch {
                    news[name] = nil
                    problem = "\(name.escapedForDisplay) at \(commit.prefix(12)) is still to be acted on: \(error)"
                }
            }
        }
        try await polls.note(news, seenBy: watcher.watch, problem: problem, at: now())
        return problem == nil
    }
}
