import Contexts
public import Forges
import Foundation
import Logging
import Storage
import TaskModel

/// Decides whether a commit starts a task, and starts it.
public struct SourceTrigger: Sendable {
    private static let taskFileLimit = 1 << 20
    static let skipMarks = ["[skip ci]", "[ci skip]", "[no ci]", "[skip slipway]", "***no_ci***"]

    private let runs: TriggeredRuns
    private let repositories: Repositories
    private let forges: ForgeDirectory
    private let logger: Logger

    /// - Parameter forges: tells which forge a repository is on, of which nothing is heard but its commits.
    public init(_ environment: SchedulerEnvironment, repositories: Repositories, forges: ForgeDirectory) {
        self.forges = forges
        logger = environment.logger
        runs = TriggeredRuns(environment)
        self.repositories = repositories
    }

    /// - Parameter approvedCommit: of a stranger, which somebody let run.
    /// - Throws: ``RunRefusal``; what makes it worth trying again: a queue that is full, a git server that does not answer.
    func start(
        _ task: TaskDefinition, _ trigger: SourceTriggerDefinition, by change: SourceChange,
        approvedCommit: String? = nil
    ) async throws -> DeliveryOutcome {
        guard task.isEnabled else { return DeliveryOutcome("not run: the task is disabled") }
        guard trigger.isEnabled else { return DeliveryOutcome("not run: the trigger is disabled") }
        guard trigger.events.contains(where: { $0.lowercased() == change.kind.rawValue }) else {
            return DeliveryOutcome(
                "not run: the trigger takes no \(change.kind == .commit ? "commits" : "pull requests")")
        }
        let filter = trigger.filter ?? SourceFilter()
        guard let repository = repository(of: trigger, for: task) else {
            return DeliveryOutcome("not run: the trigger's repository is no git URL")
        }
        if let reason = try await unwatched(change, task, trigger, repository) { return DeliveryOutcome(reason) }
        let isRestricted = change.isFork
        let needsApproval = isRestricted && filter.forks != .restricted
        if needsApproval, !change.isApproved(by: approvedCommit) { return DeliveryOutcome(Self.forkOutcome) }
        var change = change
        if change.tag != nil, !change.isPeeled { change.commit = try await peeled(change, repository) }
        if change.isAbbreviated || change.isOnForksBranch {
            guard let commit = try await completed(change, repository) else {
                return DeliveryOutcome(
                    isRestricted
                        ? "not run: no ref of the repository leads to the fork's commit"
                        : "not run: its branch leads to another commit by now")
            }
            change.commit = commit
            if needsApproval, !change.isApproved(by: approvedCommit) { return DeliveryOutcome(Self.forkOutcome) }
        }
        let commit = repositories.remote(try repository.at(change.ref).pinned(to: change.commit))
        if !(filter.ignoresSkipMarks ?? false) {
            if change.message == nil { change.message = try await message(of: commit) }
            if let mark = Self.skipMark(in: change.message) {
                return DeliveryOutcome("not run: the commit's message says \(mark)")
            }
        }
        if try await !touchesWatchedPaths(change, filter, task, commit, repository) {
            return DeliveryOutcome("not run: no path that is watched has changed")
        }
        return try await start(task, trigger, change, repository, isRestricted: isRestricted)
    }

    static let forkOutcome = "not run: fork"

    /// The repository that a trigger watches; nil if it is no git URL.
    func repository(of trigger: SourceTriggerDefinition, for task: TaskDefinition) -> GitReference? {
        task.repository(of: trigger, on: forge(of: trigger))
    }

    private func forge(of trigger: SourceTriggerDefinition) -> ForgeKind? {
        forges.location(of: trigger.repositoryURL)?.kind
    }

    // MARK: Filters

    /// Why the branch or tag starts nothing; nil if it does.
    private func unwatched(
        _ change: SourceChange, _ task: TaskDefinition, _ trigger: SourceTriggerDefinition, _ repository: GitReference
    ) async throws -> String? {
        let filter = trigger.filter ?? SourceFilter()
        if let tag = change.tag {
            return NameFilter(of: filter.tags)?.selects(tag) ?? false
                ? nil : "not run: tag '\(tag.escapedForDisplay)' is not watched"
        }
        guard let branch = change.branch else { return "not run: \(change.ref.escapedForDisplay) is no branch or tag" }
        let isWatched =
            if let patterns = NameFilter(of: filter.branches) {
                patterns.selects(branch)
            } else {
                branch == (try await watchedBranch(change.defaultBranch, task, trigger, repository))
            }
        return isWatched ? nil : "not run: branch '\(branch.escapedForDisplay)' is not watched"
    }

    /// The one branch of a trigger without patterns. Clients say `master` where the context names no branch, and mean the default one.
    private func watchedBranch(
        _ known: String?, _ task: TaskDefinition, _ trigger: SourceTriggerDefinition, _ repository: GitReference
    ) async throws -> String {
        guard let named = trigger.namedBranch(of: task) else {
            if let known { return known }
            return try await repositories.remote(repository).refs().defaultBranch ?? "master"
        }
        return named
    }

    static func skipMark(in message: String?) -> String? {
        guard let message = message?.lowercased() else { return nil }
        return skipMarks.first(where: message.contains)
    }

    /// Nil where the commit can't be had and it would be of no use to try again: then its message keeps nothing from running.
    private func message(of commit: GitRemote) async throws -> String? {
        do {
            return try await commit.message()
        } catch let error as ContextError where !error.isPassing {
            return nil
        }
    }

    private func touchesWatchedPaths(
        _ change: SourceChange, _ filter: SourceFilter, _ task: TaskDefinition, _ commit: GitRemote,
        _ repository: GitReference
    ) async throws -> Bool {
        let folder = (filter.onlyContextFolder ?? false) ? task.contextReference?.subdir.map { $0 + "/" } : nil
        let patterns = NameFilter(of: filter.paths)
        guard patterns != nil || folder != nil else { return true }
        let base: String
        if let known = change.mergeBase ?? change.base {
            base = known
        } else if change.kind == .pullRequest, let branch = change.branch {
            base = "refs/heads/" + branch
        } else {
            return true
        }
        let paths: [String]?
        do {
            paths = try await commit.changedPaths(since: base)
        } catch let error as ContextError where !error.isPassing {
            return true
        }
        return paths?.contains { path in
            (patterns?.selects(path) ?? true) && (folder.map(path.hasPrefix) ?? true)
        } ?? true
    }

    /// The commit that a tag leads to.
    private func peeled(_ change: SourceChange, _ repository: GitReference) async throws -> String {
        try await repositories.remote(repository).refs().commits[change.ref] ?? change.commit
    }

    /// The commit whose first digits were told, as long as its ref leads to it.
    private func completed(_ change: SourceChange, _ repository: GitReference) async throws -> String? {
        let commit = try await repositories.remote(repository).refs().commits[change.ref]
        return commit.flatMap { $0.hasPrefix(change.commit) ? $0 : nil }
    }

    // MARK: The run

    private func start(
        _ task: TaskDefinition, _ trigger: SourceTriggerDefinition, _ change: SourceChange, _ repository: GitReference,
        isRestricted: Bool
    ) async throws -> DeliveryOutcome {
        let context = task.contextReference.flatMap {
            isSameRepository($0.remote, trigger.repositoryURL, on: forge(of: trigger)) ? $0 : nil
        }
        var overrides = TaskOverrides()
        overrides.sourceLocation = try context?.at(Self.shortest(change.ref)).location.value
        var task = task
        if isRestricted {
            let base = try context?.at(change.base ?? change.branch.map { "refs/heads/" + $0 })
            do throws(RestrictedTaskProblem) {
                task = try await task.restricted(
                    filesFrom: base.map(repositories.remote), limit: Self.taskFileLimit)
            } catch {
                switch error {
                case .missing(let file):
                    return DeliveryOutcome(
                        "not run: the branch that the pull request is for has no file '\(file.escapedForDisplay)'")
                case .unreadable(let cause): throw cause
                }
            }
        }
        let event = SourceEvent(
            trigger: trigger.name, id: change.id, kind: change.kind, commit: change.commit, ref: change.ref,
            branch: change.branch, pullRequest: change.pullRequest, repositoryURL: repository.remote,
            forge: change.forge ?? forge(of: trigger), isFork: change.isFork,
            title: change.title ?? change.message.flatMap(Self.firstLine))
        let cause = RunCause(
            .source(event), occurrence: change.occurrence,
            source: context == nil
                ? nil : SourceRevision(commit: change.commit, branch: change.kind == .commit ? change.branch : nil),
            isRestricted: isRestricted, place: change.place(in: repository.remote))
        do {
            let (run, isNew) = try await runs.start(task, because: cause, with: overrides)
            var outcome = DeliveryOutcome(
                isNew ? "started \(run)" : "had its run before: \(run)", runs: ["\(run)"])
            outcome.hasStarted = isNew
            return outcome
        } catch StorageError.overtaken(let run) {
            return DeliveryOutcome("not run: a later commit of its branch had its run before: \(run)")
        } catch let error as RunServiceError {
            throw refusal("\(error)", task, change)
        } catch let error as TaskServiceError {
            throw refusal("\(error)", task, change)
        }
    }

    private func refusal(_ reason: String, _ task: TaskDefinition, _ change: SourceChange) -> RunRefusal {
        logger.warning(
            "commit not run",
            metadata: [
                "registry": "\(task.registry)", "task": "\(task.name)", "commit": "\(change.commit)",
                "error": "\(reason)",
            ])
        return RunRefusal(reason)
    }

    /// A branch as people write it; other refs in full.
    private static func shortest(_ ref: String) -> String {
        let prefix = "refs/heads/"
        let name = String(ref.dropFirst(prefix.count))
        guard ref.hasPrefix(prefix), !name.hasPrefix("refs/"), !name.hasPrefix("-"), name != "HEAD" else { return ref }
        return name
    }

    private static func firstLine(_ message: String) -> String? {
        message.split(whereSeparator: \.isNewline).first.map { String($0.prefix(500)) }
    }
}

extension SourceTriggerDefinition {
    /// The branch that the trigger names; nil where the repository's default branch is meant.
    func namedBranch(of task: TaskDefinition) -> String? {
        guard let branch, !branch.isEmpty else { return nil }
        let namesNone = task.contextReference?.ref == nil
        return branch == "master" && namesNone ? nil : branch
    }
}

extension ContextError {
    /// Whether it may be otherwise the next time.
    var isPassing: Bool {
        switch self {
        case .unreachable, .connectionFailed, .mirrorDamaged, .unreadable: true
        default: false
        }
    }
}
