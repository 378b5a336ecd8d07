/// What differs between two trees, which may be in different copies of a repository.
struct GitTreeChanges {
    typealias Tree = (repository: GitRepository, id: GitObjectID)

    private(set) var paths: [[UInt8]] = []
    private let limit: Int
    private let limits: ContextLimits

    /// - Parameter limits: of either tree. A few trees that hold one another many times have entries without end.
    init(limit: Int, limits: ContextLimits) {
        self.limit = limit
        self.limits = limits
    }

    /// - Returns: false if there are more than the limit, or the trees are larger than theirs.
    /// - Throws: ``GitFailure`` if something of them is missing, `CancellationError`.
    mutating func find(from old: Tree, to new: Tree) throws -> Bool {
        let clock = ContinuousClock()
        let deadline = clock.now + limits.duration
        var entries = 0
        var waiting: [(path: [UInt8], depth: Int, old: GitObjectID?, new: GitObjectID?)] = [([], 0, old.id, new.id)]
        while let (path, depth, oldID, newID) = waiting.popLast() {
            try Task.checkCancellation()
            let before = try Self.entries(of: oldID, in: old.repository)
            let after = try Self.entries(of: newID, in: new.repository)
            entries += before.count + after.count
            guard entries <= 2 * limits.entries, depth <= limits.depth, clock.now < deadline else { return false }
            for name in Set(before.keys).union(after.keys) {
                let (one, other) = (before[name], after[name])
                guard one?.id != other?.id || one?.kind != other?.kind else { continue }
                let inner = joinPath(path, name)
                guard inner.count <= limits.nameBytes else { return false }
                let folders = (one.flatMap(Self.folder), other.flatMap(Self.folder))
                if folders != (nil, nil) { waiting.append((inner, depth + 1, folders.0, folders.1)) }
                // A file that became a folder is a change of its own.
                if one != nil && folders.0 == nil || other != nil && folders.1 == nil { paths.append(inner) }
                guard paths.count + waiting.count <= limit else { return false }
            }
        }
        return true
    }

    private static func entries(of id: GitObjectID?, in repository: GitRepository) throws(GitFailure)
        -> [[UInt8]: GitTreeObject.Entry]
    {
        guard let id else { return [:] }
        return Dictionary(try repository.tree(id).entries().map { ($0.name, $0) }) { first, _ in first }
    }

    private static func folder(_ entry: GitTreeObject.Entry) -> GitObjectID? {
        entry.kind == .directory ? entry.id : nil
    }
}
