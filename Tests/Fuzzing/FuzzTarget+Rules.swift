@testable import Contexts

/// Reads rules and walks down to a path as a walk does.
func matcherProblem(_ input: [UInt8]) -> String? {
    let rules = Array(input.prefix { $0 != 0 })
    let path = input.dropFirst(rules.count + 1).split(separator: .slash)
    guard let ignore = try? DockerIgnore(rules, file: "x"), !path.isEmpty else { return nil }
    for droppedByDefault in [[], IgnoreFilter.versionControlNames] as [Set<[UInt8]>] {
        let filter = IgnoreFilter(ignore, droppedByDefault: droppedByDefault)
        var state = filter.root
        var isPruned = false
        for count in 1...path.count {
            let inner = Array(path.prefix(count).joined(separator: [.slash]))
            state = filter.decide(inner, in: state)
            if isPruned, state.isKept { return "pruning hides \(EntryPath(bytes: inner))" }
            if !state.isKept, !filter.mayKeepBelow(inner, state) { isPruned = true }
        }
    }
    return nil
}

/// Reads an ignore file.
func ignoreProblem(_ input: [UInt8]) -> String? {
    let lines = input.count { $0 == 0x0a } + 1
    do throws(ContextError) {
        let ignore = try DockerIgnore(input, file: "x")
        return ignore.patterns.count <= lines ? nil : "\(ignore.patterns.count) rules in \(lines) lines"
    } catch {
        if error.description.unicodeScalars.contains(where: isControl) { return "an error of several lines" }
        switch error {
        case .invalidPattern("x", let line, _, _), .lineTooLong("x", let line):
            return (1...lines).contains(line) ? nil : "line \(line) of \(lines)"
        case .ignoreFileTooLarge: return nil
        default: return "an error of another kind: \(error)"
        }
    }
}
