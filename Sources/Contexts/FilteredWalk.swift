/// A tree that a walk goes through, directory by directory.
protocol EntryTree {
    associatedtype Directory
    associatedtype Item

    func openRoot() throws -> Directory
    /// Sorted by name as bytes.
    func items(in directory: Directory, at path: [UInt8]) throws -> [Item]
    func name(of item: Item) -> [UInt8]
    func isDirectory(_ item: Item) -> Bool
    func open(_ item: Item, in directory: Directory, at path: [UInt8]) throws -> Directory
    func entry(of directory: Directory, at path: [UInt8]) throws -> ContextEntry
    /// Visits what is no directory.
    func visit(
        _ item: Item, in directory: Directory, at path: [UInt8],
        _ visit: (ContextEntry, any EntryContent) throws -> Void) throws
}

/// One pass over a tree through the ignore rules.
struct FilteredWalk<Tree: EntryTree> {
    private struct Parent {
        let directory: Tree.Directory
        let path: [UInt8]
    }

    private let tree: Tree
    private let filter: IgnoreFilter
    /// Paths that are visited whatever the rules say, and the directories above them.
    private let carried: Set<[UInt8]>
    private let carriedParents: Set<[UInt8]>

    init(_ tree: Tree, _ filter: IgnoreFilter, carried: Set<[UInt8]> = []) {
        self.tree = tree
        self.filter = filter
        self.carried = carried
        carriedParents = Set(carried.flatMap(parentPaths))
    }

    func run(_ visit: (ContextEntry, any EntryContent) throws -> Void) throws {
        var waiting: [Parent] = []
        try walk(tree.openRoot(), at: [], filter.root, &waiting, visit)
    }

    /// - Parameter waiting: directories on the way that were not visited, because nothing in them has been yet.
    private func walk(
        _ directory: Tree.Directory, at path: [UInt8], _ state: IgnoreFilter.State, _ waiting: inout [Parent],
        _ visit: (ContextEntry, any EntryContent) throws -> Void
    ) throws {
        try Task.checkCancellation()
        for item in try tree.items(in: directory, at: path) {
            let itemPath = joinPath(path, tree.name(of: item))
            let itemState = filter.decide(itemPath, in: state)
            let isKept = itemState.isKept || carried.contains(itemPath)
            guard tree.isDirectory(item) else {
                guard isKept else { continue }
                try visitWaiting(&waiting, visit)
                try tree.visit(item, in: directory, at: itemPath, visit)
                continue
            }
            guard isKept || carriedParents.contains(itemPath) || filter.mayKeepBelow(itemPath, itemState) else {
                continue
            }
            let inner = try tree.open(item, in: directory, at: itemPath)
            let depth = waiting.count
            waiting.append(Parent(directory: inner, path: itemPath))
            if isKept { try visitWaiting(&waiting, visit) }
            try walk(inner, at: itemPath, itemState, &waiting, visit)
            waiting.removeLast(max(0, waiting.count - depth))
        }
    }

    private func visitWaiting(_ waiting: inout [Parent], _ visit: (ContextEntry, any EntryContent) throws -> Void)
        throws
    {
        for parent in waiting { try visit(tree.entry(of: parent.directory, at: parent.path), NoContent()) }
        waiting.removeAll(keepingCapacity: true)
    }
}
