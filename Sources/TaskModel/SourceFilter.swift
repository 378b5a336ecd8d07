/// Which commits and pull requests start a task, beyond what a branch and a list of events say. A list without patterns is as none.
///
/// Patterns are globs of whole names: `*` stands for anything but `/`, `**` for anything, `?` for one character, `[…]` for one of
/// these. One that begins with `!` excludes; of those that fit a name the last one counts. A list of exclusions alone begins with everything.
public struct SourceFilter: Sendable, Hashable, Codable {
    /// What becomes of pull requests from other repositories.
    public enum Forks: String, Sendable, Hashable, Codable, CaseIterable {
        /// They start nothing, unless somebody approves one commit of theirs.
        case none
        /// Their runs get no secrets, push nothing and share no cache.
        case restricted
    }

    /// Patterns of branches; of pull requests those of the branch that they are for. Nil: the trigger's branch alone.
    public var branches: [String]?
    /// Patterns of tags. Nil: no tag starts anything.
    public var tags: [String]?
    /// Patterns of paths, one of which must have changed. Nil: any.
    ///
    /// A push is compared with what the branch led to before, a pull request with the tip of the branch that it is for: what that branch has
    /// got since they parted counts as changed too.
    public var paths: [String]?
    /// Only changes inside the context's folder count.
    public var onlyContextFolder: Bool?
    /// Marks such as `[skip ci]` in a commit's message mean nothing.
    public var ignoresSkipMarks: Bool?
    /// Nil: ``Forks/none``.
    public var forks: Forks?
    /// Whether the forge is told how runs go; nil: where a token allows it.
    public var reportsStatus: Bool?

    public init(
        branches: [String]? = nil, tags: [String]? = nil, paths: [String]? = nil, onlyContextFolder: Bool? = nil,
        ignoresSkipMarks: Bool? = nil, forks: Forks? = nil, reportsStatus: Bool? = nil
    ) {
        self.branches = branches
        self.tags = tags
        self.paths = paths
        self.onlyContextFolder = onlyContextFolder
        self.ignoresSkipMarks = ignoresSkipMarks
        self.forks = forks
        self.reportsStatus = reportsStatus
    }
}
