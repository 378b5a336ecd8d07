import Contexts
import Forges
import Foundation
import Storage
import TaskModel

/// One look at a repository, for all triggers that watch it: what is new there starts their tasks.
struct RepositoryLook {
    /// What came of it for those who log in alike.
    struct Result: Sendable, Hashable {
        let watches: [PollStore.Watch]
        /// Whether nobody's look was in vain.
        var isComplete = true
        /// Whether hooks tell all of them of pushes as well, as far as one can see.
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
        let hasHook: Bool
    }

    /// Those who are not due yet are left out.
    ///
    /// - Throws: what comes from the store.
    func look(at address: String) async throws -> [Result] {
        let began = now()
        var results: [Result] = []
        var watchers: [Watcher] = []
        for watch in try await polls.watches(of: address) {
            do {
                if let watcher = try await watcher(for: watch) { watchers.append(watcher) }
            } catch  where !Task.isCancelled {
                guard watch.nextTime <= began else { continue }
                try await polls.note("The task or its hooks can't be read: \(error)", of: watch, at: now())
                results.append(Result(watches: [watch], isComplete: false, hasHooks: false))
            }
        }
        // Those who log in alike are shown the same.
        for group in Dictionary(grouping: watchers, by: \.reference.written).values
        where group.contains(where: { $0.watch.nextTime <= began }) {
            results.append(try await look(for: group))
        }
        return results
    }

    private func watcher(for watch: PollStore.Watch) async throws -> Watcher? {
        guard let task = try await tasks.find(watch.task, in: watch.registry),
            let definition = task.triggers.source.first(where: { $0.name.lowercased() == watch.trigger.lowercased() })
        else { return nil }
        guard let reference = trigger.repository(of: definition, for: task), let whole = try? reference.at(nil) else {
            try await polls.note("The trigger's repository is no git URL.", of: watch, at: now())
            return nil
        }
        return Watcher(
            watch: watch, task: task, trigger: definition, reference: whole, hasHook: try await hasHook(watch))
    }

    /// Whether a hook tells of pushes: it did so, and since then nothing was found of which none had told.
    private func hasHook(_ watch: PollStore.Watch) async throws -> Bool {
        try await hooks.hooks(of: watch.task, in: watch.registry).contains { hook in
            hook.trigger.lowercased() == watch.trigger.lowercased()
                && (hook.lastDeliveryTime.map { $0 > watch.missTime ?? .distantPast } ?? false)
        }
    }

    private func look(for group: [Watcher]) async throws -> Result {
        var result = Result(watches: group.map(\.watch), hasHooks: group.allSatisfy(\.hasHook))
        // First: what hooks tell of meanwhile is no older than what is found.
        var seen: [[String: String]?] = []
        for watcher in group { seen.append(try await polls.seen(by: watcher.watch)) }
        let began = now()
        let refs: GitRefs
        do {
            refs = try await repositories.remote(group[0].reference).refs()
        } catch let error as ContextError {
            for watcher in group { try await polls.note("\(error)", of: watcher.watch, at: now()) }
            result.isComplete = false
            return result
        }
        for (watcher, seen) in zip(group, seen) {
            try await act(on: refs, foundAt: began, besides: seen, for: watcher, &result)
        }
        return result
    }

    /// Starts the task of a watcher for what is new. What can't be started now is new the next time as well.
    ///
    /// - Parameter seen: what was there before; nil if nobody has looked yet.
    private func act(
        on refs: GitRefs, foundAt time: Date, besides seen: [String: String]?, for watcher: Watcher,
        _ result: inout Result
    ) async throws {
        let known = seen ?? [:]
        var news: [String: String?] = refs.commits.filter { known[$0.key] != $0.value }
        for name in known.keys where refs.commits[name] == nil { news[name] = .some(nil) }
        var problem: String?
        var isMiss = false
        if let seen {
            for (name, commit) in news.sorted(by: { $0.key < $1.key }) {
                guard let commit else { continue }
                let event = PushEvent(
                    repository: ForgeRepository(urls: [watcher.reference.remote], defaultBranch: refs.defaultBranch),
                    ref: name, before: seen[name], after: commit)
                guard var change = SourceChange(event, id: "poll-\(commit.prefix(12))") else { continue }
                change.isPeeled = true
                change.toldTime = time
                do {
                    let outcome = try await trigger.start(watcher.task, watcher.trigger, by: change)
                    if outcome.hasStarted { isMiss = true }
                } catch is CancellationError {
                    throw CancellationError()
                } catch {
                    // One that its task refuses has nothing to do with the others of the repository.
                    if !(error is RunRefusal) { result.isComplete = false }
                    news[name] = nil
                    problem = "\(name.escapedForDisplay) at \(commit.prefix(12)) is still to be acted on: \(error)"
                }
            }
        }
        if isMiss { result.hasHooks = false }
        try await polls.note(
            news, seenBy: watcher.watch, isFirst: seen == nil, problem: problem, isMiss: isMiss, at: now())
    }
}
