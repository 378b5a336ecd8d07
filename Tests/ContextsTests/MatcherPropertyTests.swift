import Testing

@testable import Contexts

/// Random rules and trees against the plainest readings of the specification.
struct MatcherPropertyTests {
    @Test func `a compiled rule matches what a slow and simple matcher does`() throws {
        var random = SystemRandomNumberGenerator()
        let pieces = ["a", "b", "/", "/", ".", "*", "**", "**/", "?", "[ab]", "[^a]", "[a-c]", "\\*", "\\.", "c"]
        let parts = ["a", "b", "c", ".", "/", "/", "*", "ab"]
        let scratch = GlobScratch()
        var hits = 0
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 1...6, using: &random)).map { _ in pieces.randomElement(using: &random) ?? ""
            }
            .joined()
            let pattern = cleanPath(text.utf8)
            let path = (0..<Int.random(in: 1...7, using: &random)).map { _ in parts.randomElement(using: &random) ?? ""
            }
            .joined()
            let cleaned = cleanPath(path.drop { $0 == "/" }.utf8)
            let rule = try IgnoreRule(pattern)

            let matches = cleaned.withUnsafeBufferPointer { rule.matches($0, scratch) }

            if matches { hits += 1 }
            let shown = String(decoding: cleaned, as: UTF8.self)
            #expect(matches == SimpleMatcher.matches(pattern, cleaned), "\(rule.text) \(shown)")
        }
        #expect(hits > 500)
    }

    @Test func `a walk leaves out exactly what deciding for every path leaves out, pruned or not`() throws {
        var random = SystemRandomNumberGenerator()
        let pieces = ["a", "b", "/", "/", "*", "**", "**/", "?", "[ab]", "x", "\\b", "a/b", ".git"]
        for _ in 0..<1500 {
            let tree = RandomTree(&random)
            let lines = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                (Bool.random(using: &random) ? "!" : "")
                    + (0..<Int.random(in: 1...5, using: &random)).map { _ in pieces.randomElement(using: &random) ?? ""
                    }
                    .joined()
            }
            guard let ignore = try? DockerIgnore(Array(lines.joined(separator: "\n").utf8), file: "x") else { continue }
            let filter = IgnoreFilter(ignore, droppedByDefault: IgnoreFilter.versionControlNames)

            var walked: [[UInt8]] = []
            try FilteredWalk(tree, filter).run { entry, _ in walked.append(entry.path.bytes) }

            let kept = tree.paths.filter { filter.keeps($0) }
            let expected = Set(kept + kept.flatMap(parentPaths))
            #expect(Set(walked) == expected, "\(lines)")
            #expect(walked.count == expected.count)
            #expect(walked.map { EntryPath(bytes: $0) } == walked.map { EntryPath(bytes: $0) }.sorted())
        }
    }
}

/// Section 2 of the specification, word by word, with backtracking. For ASCII, without what lives on of regular
/// expressions.
private enum SimpleMatcher {
    static func matches(_ pattern: [UInt8], _ path: [UInt8]) -> Bool {
        let special = Set("*?[]\\".utf8)
        let isPlain = { (part: ArraySlice<UInt8>) in !part.contains(where: special.contains) }
        let stars = Array("**".utf8)
        if isPlain(pattern[...]) { return pattern == path }
        if pattern.starts(with: stars), isPlain(pattern.dropFirst(2)) {
            let text = pattern.dropFirst(2)
            return path.suffix(text.count).elementsEqual(text)
                || text.first == .slash && text.dropFirst().elementsEqual(path)
        }
        if pattern.suffix(2).elementsEqual(stars), isPlain(pattern.dropLast(2)) {
            return path.starts(with: pattern.dropLast(2))
        }
        return matches(pattern[...], path[...])
    }

    private static func matches(_ pattern: ArraySlice<UInt8>, _ path: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return path.isEmpty }
        var rest = pattern.dropFirst()
        switch first {
        case UInt8(ascii: "*") where rest.first == first:
            rest = rest.dropFirst()
            if rest.first == .slash { rest = rest.dropFirst() }
            if rest.isEmpty { return true }
            let ends = path.indices.filter { path[$0] == .slash }.map { $0 + 1 }
            return ([path.startIndex] + ends).contains { matches(rest, path[$0...]) }
        case UInt8(ascii: "*"):
            let end = path.firstIndex(of: .slash) ?? path.endIndex
            return (path.startIndex...end).contains { matches(rest, path[$0...]) }
        case UInt8(ascii: "?"):
            guard let next = path.first, next != .slash else { return false }
            return matches(rest, path.dropFirst())
        case UInt8(ascii: "["):
            guard let next = path.first, let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let members = rest[..<end]
            let isNegated = members.first == UInt8(ascii: "^")
            return contains(members.dropFirst(isNegated ? 1 : 0), next) != isNegated
                && matches(pattern[(end + 1)...], path.dropFirst())
        case .backslash:
            guard let character = rest.first else { return false }
            return path.first == character && matches(rest.dropFirst(), path.dropFirst())
        default:
            return path.first == first && matches(rest, path.dropFirst())
        }
    }

    private static func contains(_ members: ArraySlice<UInt8>, _ byte: UInt8) -> Bool {
        let list = Array(members)
        if list.count == 3, list[1] == UInt8(ascii: "-") { return (list[0]...list[2]).contains(byte) }
        return list.contains(byte)
    }
}

/// A small tree in memory.
private struct RandomTree: EntryTree {
    let paths: [[UInt8]]
    private let directories: Set<[UInt8]>

    init(_ random: inout SystemRandomNumberGenerator) {
        let names = ["a", "b", "x", "ab", ".git", ".gitignore"]
        var directories: [[UInt8]] = [[]]
        var paths: Set<[UInt8]> = []
        for _ in 0..<30 {
            let parent = directories.randomElement(using: &random) ?? []
            let path = joinPath(parent, (names.randomElement(using: &random) ?? "a").utf8)
            guard paths.insert(path).inserted else { continue }
            if Bool.random(using: &random) { directories.append(path) }
        }
        self.paths = Array(paths)
        self.directories = Set(directories)
    }

    func openRoot() -> [UInt8] { [] }

    func items(in directory: [UInt8], at path: [UInt8]) -> [[UInt8]] {
        paths.filter { (parentPaths(of: $0).last ?? []) == directory }.sorted { $0.lexicographicallyPrecedes($1) }
    }

    func name(of item: [UInt8]) -> [UInt8] { item.split(separator: .slash).last.map { Array($0) } ?? [] }
    func isDirectory(_ item: [UInt8]) -> Bool { directories.contains(item) }
    func open(_ item: [UInt8], in directory: [UInt8], at path: [UInt8]) -> [UInt8] { item }

    func entry(of directory: [UInt8], at path: [UInt8]) -> ContextEntry {
        ContextEntry(path: EntryPath(bytes: directory), kind: .directory, mode: 0o755, modified: 0)
    }

    func visit(
        _ item: [UInt8], in directory: [UInt8], at path: [UInt8],
        _ visit: (ContextEntry, any EntryContent) throws -> Void
    ) throws {
        try visit(
            ContextEntry(path: EntryPath(bytes: item), kind: .file(size: 0), mode: 0o644, modified: 0), NoContent())
    }
}
