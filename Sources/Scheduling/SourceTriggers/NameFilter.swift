/// A list of patterns, of which the last one that fits a name counts; those that begin with `!` exclude.
struct NameFilter: Sendable {
    private let rules: [(glob: NameGlob, excludes: Bool)]

    init(_ patterns: [String]) {
        rules = patterns.map { pattern in
            pattern.hasPrefix("!") ? (NameGlob(pattern.dropFirst()), true) : (NameGlob(pattern), false)
        }
    }

    /// Nil for a list without patterns.
    init?(of patterns: [String]?) {
        guard let patterns, !patterns.isEmpty else { return nil }
        self.init(patterns)
    }

    func selects(_ name: String) -> Bool {
        // Exclusions alone take something away from everything.
        rules.last { $0.glob.matches(name) }.map { !$0.excludes } ?? rules.allSatisfy(\.excludes)
    }
}
