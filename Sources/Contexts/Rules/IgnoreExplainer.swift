/// What the rules say about one path, and which of them decided.
public struct IgnoreDecision: Sendable, Equatable {
    /// A rule as somebody finds it again.
    public struct Rule: Sendable, Equatable {
        /// In the ignore file, from 1; nil if the rule stands in none, as that of `--include-git`.
        public let line: Int?
        /// Cleaned, an exception with its `!`.
        public let text: String
    }

    public enum Cause: Sendable, Equatable {
        case noRule
        /// The rule that decided last, and the path that it matches: the one asked for, or a directory above it.
        case rule(Rule, matched: EntryPath)
        /// Dropped for its name, or that of a directory above it, as version-control files are by default.
        case versionControl(matched: EntryPath)
        /// A copy of the Dockerfile that a client added for one request, or its ignore file.
        case requestCopy
    }

    public let isExcluded: Bool
    public let cause: Cause
    /// Of a path that is dropped: the first exception that may bring back something below it, if it is a directory.
    public let enteredFor: Rule?
}

/// Tells which rule decides about a path.
///
/// It reads the same rules as ``IgnoreFilter`` does and comes to the same answers, but remembers where each rule
/// matched, which is too slow for a walk.
struct IgnoreExplainer: Sendable {
    private let rules: [IgnoreRule]
    private let droppedByDefault: Set<[UInt8]>
    private let hidden: Set<[UInt8]>

    init(rules: [IgnoreRule], droppedByDefault: Set<[UInt8]> = [], hidden: Set<[UInt8]> = []) {
        self.rules = rules
        self.droppedByDefault = droppedByDefault
        self.hidden = hidden
    }

    /// Decides as a walk from the root down to `path` does.
    func decide(_ path: [UInt8]) -> IgnoreDecision {
        let scratch = GlobScratch()
        /// Where each rule matched, at the path or above it.
        var matches: [Int: [UInt8]] = [:]
        var listed: [UInt8]?
        var isKept = true
        var last: Int?
        for step in parentPaths(of: path) + [path] {
            if droppedByDefault.contains(step.lastIndex(of: .slash).map { Array(step[($0 + 1)...]) } ?? step) {
                listed = step
                // An exception for a directory above does not reach in here.
                matches = matches.filter { !rules[$0.key].isException }
            }
            isKept = listed == nil
            last = nil
            for (index, rule) in rules.enumerated() {
                if matches[index] == nil, rule.isException != isKept, rule.matches(step, scratch) {
                    matches[index] = step
                }
                guard matches[index] != nil else { continue }
                isKept = rule.isException
                last = index
            }
        }
        if hidden.contains(path) {
            return IgnoreDecision(isExcluded: true, cause: .requestCopy, enteredFor: nil)
        }
        let cause: IgnoreDecision.Cause
        if let last, let matched = matches[last] {
            cause = .rule(shown(rules[last]), matched: EntryPath(bytes: matched))
        } else {
            cause = listed.map { .versionControl(matched: EntryPath(bytes: $0)) } ?? .noRule
        }
        // Only an exception after the rule that drops can undo it.
        let entering =
            isKept
            ? nil
            : rules.dropFirst(last.map { $0 + 1 } ?? 0).first { $0.isException && $0.mayMatch(below: path, scratch) }
        return IgnoreDecision(isExcluded: !isKept, cause: cause, enteredFor: entering.map(shown))
    }

    private func shown(_ rule: IgnoreRule) -> IgnoreDecision.Rule {
        IgnoreDecision.Rule(line: rule.line, text: rule.text)
    }
}

extension IgnoreRule {
    fileprivate func matches(_ path: [UInt8], _ scratch: GlobScratch) -> Bool {
        path.withUnsafeBufferPointer { matches($0, scratch) }
    }

    fileprivate func mayMatch(below path: [UInt8], _ scratch: GlobScratch) -> Bool {
        path.withUnsafeBufferPointer { mayMatch(below: $0, scratch) }
    }
}

extension DockerIgnore {
    /// What these rules say about a path relative to the root, as a walk from the root down would find it.
    ///
    /// - Throws: ``ContextError/folderOutside(_:)`` for a path that leads out of the root.
    public func decide(_ path: String) throws(ContextError) -> IgnoreDecision {
        guard let cleaned = pathInside(path.utf8) else { throw .folderOutside(path) }
        // The root itself is never dropped.
        guard !cleaned.isEmpty else { return IgnoreDecision(isExcluded: false, cause: .noRule, enteredFor: nil) }
        return IgnoreExplainer(rules: rules).decide(cleaned)
    }
}
