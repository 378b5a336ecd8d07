/// Decides, from the root of a tree downwards, which entries the rules leave.
///
/// A directory remembers for each rule whether it matched there or above. A rule that could not change the verdict is
/// not consulted and leaves no mark. For one walk on one thread.
final class IgnoreFilter {
    /// What a directory hands down to its entries.
    struct State {
        /// A bit for each rule.
        fileprivate var hits: [UInt64]
        /// Whether it, or one above it, is a version-control entry, dropped as if by a rule in front of all.
        fileprivate var isDroppedByDefault: Bool
        /// The rule behind the verdict if it is to drop; -1 for the default list.
        fileprivate var lastDrop: Int
        /// Whether the rules leave it in; a dropped directory may still be packed for the sake of what is in it.
        var isKept: Bool
    }

    /// Dropped from a submitted folder unless a rule brings them back.
    static let versionControlNames: Set<[UInt8]> = Set(
        [".git", ".hg", ".svn", ".bzr", ".gitignore", ".hgignore", ".bzrignore"].map { Array($0.utf8) })

    private let rules: [IgnoreRule]
    private let exceptionMask: [UInt64]
    private let exceptions: [Int]
    private let droppedNames: Set<[UInt8]>
    private let hidden: Set<[UInt8]>
    private let scratch = GlobScratch()

    /// - Parameter hidden: paths that are dropped whatever the rules say.
    init(_ ignore: DockerIgnore, droppedByDefault: Set<[UInt8]> = [], hidden: Set<[UInt8]> = []) {
        rules = ignore.rules
        self.hidden = hidden
        droppedNames = droppedByDefault
        exceptions = rules.indices.filter { [rules] in rules[$0].isException }
        var mask = [UInt64](repeating: 0, count: (rules.count + 63) / 64)
        for index in exceptions { mask[index / 64] |= 1 << UInt64(index % 64) }
        exceptionMask = mask
    }

    /// The root, which is never dropped.
    var root: State {
        State(
            hits: [UInt64](repeating: 0, count: exceptionMask.count), isDroppedByDefault: false, lastDrop: -1,
            isKept: true)
    }

    /// Decides for one entry.
    ///
    /// - Parameter path: from the root of the context.
    func decide(_ path: [UInt8], in parent: State) -> State {
        var state = decideByRules(path, in: parent)
        if !hidden.isEmpty, hidden.contains(path) { state.isKept = false }
        return state
    }

    private func decideByRules(_ path: [UInt8], in parent: State) -> State {
        var state = parent
        let isListed = isDroppedByDefault(path)
        if isListed { state.isDroppedByDefault = true }
        state.isKept = !state.isDroppedByDefault
        state.lastDrop = -1
        guard !rules.isEmpty else { return state }
        if isListed {
            // An exception for a directory above does not reach in here.
            for index in state.hits.indices { state.hits[index] &= ~exceptionMask[index] }
        }
        path.withUnsafeBufferPointer { path in
            for index in rules.indices {
                let bit: UInt64 = 1 << UInt64(index & 63)
                var isHit = state.hits[index >> 6] & bit != 0
                let isException = exceptionMask[index >> 6] & bit != 0
                if !isHit, isException != state.isKept, rules[index].matches(path, scratch) {
                    isHit = true
                    state.hits[index >> 6] |= bit
                }
                if isHit {
                    state.isKept = isException
                    if !isException { state.lastDrop = index }
                }
            }
        }
        return state
    }

    /// Whether something below a dropped directory may be kept.
    func mayKeepBelow(_ path: [UInt8], _ state: State) -> Bool {
        // Only an exception after the rule that drops can undo it.
        guard let last = exceptions.last, last > state.lastDrop else { return false }
        return path.withUnsafeBufferPointer { path in
            exceptions.contains { $0 > state.lastDrop && rules[$0].mayMatch(below: path, scratch) }
        }
    }

    private func isDroppedByDefault(_ path: [UInt8]) -> Bool {
        guard !droppedNames.isEmpty else { return false }
        let start = path.lastIndex(of: .slash).map { $0 + 1 } ?? 0
        // All the names begin with a dot.
        guard start < path.count, path[start] == .dot else { return false }
        return droppedNames.contains(Array(path[start...]))
    }
}

extension IgnoreFilter {
    /// The same rules, for telling why they decide as they do.
    var explainer: IgnoreExplainer {
        IgnoreExplainer(rules: rules, droppedByDefault: droppedNames, hidden: hidden)
    }
}
