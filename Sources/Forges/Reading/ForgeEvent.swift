/// What a delivery of a forge tells.
public enum ForgeEvent: Sendable, Hashable {
    /// That the hook works.
    case ping
    case push(PushEvent)
    case pullRequest(PullRequestEvent)
    /// Something that starts no task, by the forge's own name for it.
    case other(String)
}

/// A repository as a forge's delivery names it.
public struct ForgeRepository: Sendable, Hashable {
    /// Those at which it is cloned, without logins: https, ssh, a page.
    public var urls: [String]
    /// Nil if the delivery does not tell.
    public var defaultBranch: String?

    public init(urls: [String], defaultBranch: String? = nil) {
        self.urls = urls
        self.defaultBranch = defaultBranch
    }
}

/// A branch or a tag that was made, moved or removed. A delivery with several becomes one of these for each.
public struct PushEvent: Sendable, Hashable {
    public var repository: ForgeRepository
    /// In full: `refs/heads/main`, `refs/tags/v1`.
    public var ref: String
    /// The commit before; nil for a new ref, and where the forge does not tell.
    public var before: String?
    /// Nil for a ref that was removed. Of an annotated tag it may be the tag's own id.
    public var after: String?
    /// The whole message of the commit that the ref leads to now; nil if the delivery does not have it.
    public var message: String?

    public init(
        repository: ForgeRepository, ref: String, before: String? = nil, after: String?, message: String? = nil
    ) {
        self.repository = repository
        self.ref = ref
        self.before = before
        self.after = after
        self.message = message
    }
}

/// Something that happened to a pull request (a merge request, by GitLab's name).
public struct PullRequestEvent: Sendable, Hashable {
    public enum Action: Sendable, Hashable {
        case opened
        /// There are other commits in it.
        case synchronized
        case reopened
        /// By the forge's own name: labels, assignments, a change of text, the end.
        case other(String)
    }

    public var action: Action
    /// The one that it is for.
    public var repository: ForgeRepository
    public var number: String
    /// Its last commit. Of Bitbucket Cloud, which tells no more, the first twelve digits.
    public var head: String
    /// A full name under which ``repository`` itself has that commit.
    public var ref: String
    /// The branch that it is for.
    public var targetBranch: String
    /// The commit of that branch; nil if the delivery does not tell.
    public var base: String?
    /// The last commit that both have; nil if the delivery does not tell.
    public var mergeBase: String?
    /// Whether its commits come from another repository, or from one that is gone.
    public var isFork: Bool
    public var title: String?

    public init(
        action: Action, repository: ForgeRepository, number: String, head: String, ref: String, targetBranch: String,
        base: String? = nil, mergeBase: String? = nil, isFork: Bool, title: String? = nil
    ) {
        self.action = action
        self.repository = repository
        self.number = number
        self.head = head
        self.ref = ref
        self.targetBranch = targetBranch
        self.base = base
        self.mergeBase = mergeBase
        self.isFork = isFork
        self.title = title
    }
}
