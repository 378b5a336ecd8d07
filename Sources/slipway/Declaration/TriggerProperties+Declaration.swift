import ResourceAPI
import TaskFiles
import TaskModel

/// The names of triggers that are given none, as the Azure CLI has them.
enum StandardTriggerName {
    static let source = "defaultSourceTriggerName"
    static let baseImage = "defaultBaseimageTriggerName"
    /// Ours: where commits and pull requests are filtered each in its own way.
    static let pullRequests = "pullRequests"

    /// - Parameter index: from 0.
    static func timer(at index: Int) -> String { "t\(index + 1)" }
}

extension TriggerProperties {
    /// - Parameter token: that of the task.
    init(_ declaration: TaskDeclaration, token: Secret?, texts: DeclaredTexts, of task: String) throws(CommandError) {
        self.init()
        let triggers = declaration.triggers
        if !triggers.timers.isEmpty {
            timerTriggers = triggers.timers.enumerated().map { index, timer in
                TimerTriggerProperties(
                    name: timer.name ?? StandardTriggerName.timer(at: index),
                    status: timer.enabled ? "Enabled" : "Disabled", schedule: timer.schedule, timeZone: timer.timeZone)
            }
        }
        if let type = triggers.baseImages.type, declaration.work.isSomething {
            var trigger = BaseImageTriggerProperties()
            trigger.name = triggers.baseImages.name ?? StandardTriggerName.baseImage
            trigger.status = triggers.baseImages.enabled ? "Enabled" : "Disabled"
            trigger.baseImageTriggerType = type
            baseImageTrigger = trigger
        }
        let sources = try Self.sources(triggers) { (source) throws(CommandError) in
            guard let repository = source.repository ?? declaration.context else {
                throw .triggerWithoutRepository(task: declaration.name)
            }
            let own = try source.token.map { (own) throws(CommandError) in
                try texts.secret(own, "'token' of a trigger \(task)")
            }
            // One of another server is nobody else's business; the server knows which are of the same.
            return SourceRepositoryProperties(repository, token: own ?? (source.repository == nil ? token : nil))
        }
        if !sources.isEmpty { sourceTriggers = sources }
    }

    /// Commits and pull requests that are alike are one trigger with both events.
    private static func sources(
        _ triggers: TaskDeclaration.Triggers,
        _ repository: (TaskDeclaration.Source) throws(CommandError) -> SourceRepositoryProperties
    ) throws(CommandError) -> [SourceTriggerProperties] {
        func trigger(_ source: TaskDeclaration.Source, _ events: [String], _ name: String) throws(CommandError)
            -> SourceTriggerProperties
        {
            var trigger = SourceTriggerProperties()
            trigger.name = source.name ?? name
            trigger.status = source.enabled ? "Enabled" : "Disabled"
            trigger.sourceTriggerEvents = events
            trigger.sourceRepository = try repository(source)
            trigger.filter = SourceFilter(source)
            return trigger
        }
        switch (triggers.commits, triggers.pullRequests) {
        case (var commits?, let pulls?) where commits.canShare(with: pulls):
            commits.forks = pulls.forks
            return [try trigger(commits, ["commit", "pullrequest"], StandardTriggerName.source)]
        case (let commits, let pulls):
            var result: [SourceTriggerProperties] = []
            if let commits { result.append(try trigger(commits, ["commit"], StandardTriggerName.source)) }
            if let pulls {
                let name = commits == nil ? StandardTriggerName.source : StandardTriggerName.pullRequests
                result.append(try trigger(pulls, ["pullrequest"], name))
            }
            return result
        }
    }
}

extension TaskDeclaration.Work {
    fileprivate var isSomething: Bool { if case .none = self { false } else { true } }
}

extension TaskDeclaration.Source {
    /// Whether one trigger can stand for both, but for what concerns only one of them.
    fileprivate func canShare(with other: Self) -> Bool {
        name == other.name && enabled == other.enabled && repository == other.repository && token == other.token
            && branches == other.branches && paths == other.paths && contextFolderOnly == other.contextFolderOnly
            && ignoreSkipMarks == other.ignoreSkipMarks && reportStatus == other.reportStatus
    }
}

extension SourceFilter {
    /// Nil if nothing is said.
    init?(_ source: TaskDeclaration.Source) {
        self.init(
            branches: source.branches, tags: source.tags, paths: source.paths,
            onlyContextFolder: source.contextFolderOnly, ignoresSkipMarks: source.ignoreSkipMarks,
            forks: source.forks.flatMap(Forks.init), reportsStatus: source.reportStatus)
        if self == SourceFilter() { return nil }
    }
}

extension SourceRepositoryProperties {
    /// - Parameter location: a git reference, whose branch is that of the trigger.
    init(_ location: String, token: Secret?) {
        self.init()
        repositoryUrl = location
        sourceControlType = location.lowercased().contains("github.com") ? "Github" : "VisualStudioTeamService"
        branch = Self.branch(of: location)
        guard let token else { return }
        var auth = SourceControlAuthProperties()
        auth.tokenType = "PAT"
        auth.token = token
        auth.scope = "repo"
        sourceControlAuthProperties = auth
    }

    /// Between '#' and ':'. Nil for the repository's own default.
    static func branch(of location: String) -> String? {
        guard let mark = location.lastIndex(of: "#") else { return nil }
        let branch = location[location.index(after: mark)...].prefix { $0 != ":" }
        return branch.isEmpty ? nil : String(branch)
    }
}
