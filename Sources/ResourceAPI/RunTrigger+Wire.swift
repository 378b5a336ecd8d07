import TaskModel

extension SourceTrigger {
    init(_ event: SourceEvent) {
        self.init(
            id: event.id, eventType: event.kind.rawValue, commitId: event.commit, pullRequestId: event.pullRequest,
            repositoryUrl: event.repositoryURL, branchName: event.branch, providerType: event.forge?.providerType)
        ref = event.ref
        title = event.title
    }
}

extension ForgeKind {
    /// As Azure's clients know it, for those that they know.
    fileprivate var providerType: String {
        switch self {
        case .gitHub: "Github"
        case .azureRepos: "VisualStudioTeamService"
        case .gitLab, .gitea, .bitbucket, .bitbucketDataCenter: rawValue
        }
    }
}

extension TimerTrigger {
    init(_ occurrence: TimerOccurrence) {
        self.init(timerTriggerName: occurrence.timer, scheduleOccurrence: "\(Timestamp(occurrence.time))")
    }
}

extension ImageUpdateTrigger {
    init(_ update: ImageUpdate) {
        self.init(
            id: update.id, timestamp: Timestamp(update.time),
            images: update.images.map {
                OutputImageProperties(registry: $0.registry, repository: $0.repository, tag: $0.tag, digest: $0.digest)
            })
    }
}
