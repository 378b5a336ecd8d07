public import struct Foundation.Date

/// What made a run of a task, where nobody asked for it by hand.
public enum RunTrigger: Sendable, Hashable, Codable {
    case source(SourceEvent)
    case timer(TimerOccurrence)
    case image(ImageUpdate)
}

/// A commit or a pull request that made a run.
public struct SourceEvent: Sendable, Hashable, Codable {
    /// Raw values as clients know them.
    public enum Kind: String, Sendable, Hashable, Codable {
        case commit
        case pullRequest = "pullrequest"
    }

    /// The name of the task's trigger.
    public var trigger: String
    /// What told of it: a delivery's id, or that of a look at the repository.
    public var id: String
    public var kind: Kind
    /// 40 or 64 hexadecimal digits.
    public var commit: String
    /// The full name under which the repository has the commit: `refs/heads/main`, `refs/tags/v1`, `refs/pull/7/head`.
    public var ref: String
    /// The branch that was pushed to, or that a pull request is for; nil for a tag.
    public var branch: String?
    /// Its number.
    public var pullRequest: String?
    /// Without logins.
    public var repositoryURL: String
    /// Nil for a git server that nothing else is known of.
    public var forge: ForgeKind?
    /// Whether the commit comes from a repository of somebody else.
    public var isFork: Bool
    /// The first line of the commit's message, or the pull request's title.
    public var title: String?

    public init(
        trigger: String, id: String, kind: Kind, commit: String, ref: String, branch: String? = nil,
        pullRequest: String? = nil, repositoryURL: String, forge: ForgeKind? = nil, isFork: Bool = false,
        title: String? = nil
    ) {
        self.trigger = trigger
        self.id = id
        self.kind = kind
        self.commit = commit
        self.ref = ref
        self.branch = branch
        self.pullRequest = pullRequest
        self.repositoryURL = repositoryURL
        self.forge = forge
        self.isFork = isFork
        self.title = title
    }

    /// The name of a tag that was pushed.
    public var tag: String? {
        ref.hasPrefix("refs/tags/") ? String(ref.dropFirst("refs/tags/".count)) : nil
    }
}

/// A minute at which a timer was due.
public struct TimerOccurrence: Sendable, Hashable, Codable {
    /// The name of the task's timer.
    public var timer: String
    public var time: Date

    public init(timer: String, time: Date) {
        self.timer = timer
        self.time = time
    }
}

/// Images that changed below a task.
public struct ImageUpdate: Sendable, Hashable, Codable {
    public struct Image: Sendable, Hashable, Codable {
        public var registry: String
        public var repository: String
        public var tag: String
        /// What the tag names now.
        public var digest: String

        public init(registry: String, repository: String, tag: String, digest: String) {
            self.registry = registry
            self.repository = repository
            self.tag = tag
            self.digest = digest
        }
    }

    /// A GUID.
    public var id: String
    public var time: Date
    public var images: [Image]
    /// The tasks whose runs made the images, and those that made what these stand on, the nearest first: `REGISTRY/TASK`.
    public var chain: [String]

    public init(id: String, time: Date, images: [Image], chain: [String] = []) {
        self.id = id
        self.time = time
        self.images = images
        self.chain = chain
    }
}

extension RunTrigger {
    /// What a listing calls it, and `.Run.TriggeredBy` gives: `commit`, `pullrequest`, `Timer` or `Image Update`.
    public var label: String {
        switch self {
        case .source(let event): event.kind.rawValue
        case .timer: "Timer"
        case .image: "Image Update"
        }
    }
}
