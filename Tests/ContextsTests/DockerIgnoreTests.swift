import Testing

@testable import Contexts

struct DockerIgnoreTests {
    private func ignore(_ rules: String...) throws -> DockerIgnore {
        try DockerIgnore(Array(rules.joined(separator: "\n").utf8), file: ".dockerignore")
    }

    @Test(arguments: [
        ("*.log", "a.log", true), ("*.log", "logs/a.log", false), ("**/*.log", "logs/a.log", true),
        ("**/*.log", "a.log", true),
        ("/tmp/", "tmp", true), ("./tmp", "tmp/x", true), ("a/../b", "b", true), ("d**", "dx/y", true),
        ("**x", "ax", true),
        ("**x*", "ax", false), ("a**b", "axb", false), ("a/**/b", "a/b", true), ("[^a]b", "cb", true),
        ("\\*", "*", true), ("\\*", "x", false),
        ("keep.txt/", "keep.txt", true), (".", "x", false), ("/", "x", false), ("caf?", "café", true),
        ("[à-ü]", "é", true),
    ])
    func `a rule excludes exactly its paths`(_ rule: String, _ path: String, _ excluded: Bool) throws {
        #expect(try ignore(rule).excludes(path) == excluded)
    }

    /// What the translation to a regular expression leaves alive.
    @Test(arguments: [
        ("p|q*", "px", true), ("p|q*", "z", false), ("h{2}*", "hh", true), ("^a*", "ab", true), ("n\\d", "n5", true),
        ("n\\d", "nd", false),
        ("[[:alpha:]]", "x", true), ("[[:alpha:]]", "5", false), ("\\x41?", "Ab", true), ("\\pL", "é", true),
        ("a\\b*", "a", true),
        ("[a/]b*", "/b", true), ("x\\Q.\\E?", "x\\.y", true),
    ])
    func `what is live in the builders' matcher is live here`(_ rule: String, _ path: String, _ excluded: Bool) throws {
        #expect(try ignore(rule).excludes(path) == excluded)
    }

    @Test(arguments: [
        "[", "a[]", "[^]", "[b-a]", "[-x]", "a\\", "!", "\\y*", "\\1", "a*{2}", "{2}|{3}*", "\\p{Nope}", "[[:nope:]]",
    ])
    func `a rule that means nothing fails the file and names its line`(_ rule: String) {
        let error = #expect(throws: ContextError.self) { try ignore("ok", rule) }

        guard case .invalidPattern(".dockerignore", 2, rule, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: [
        String(repeating: "*a", count: 64) + "*b", String(repeating: "**/a", count: 32) + "*b",
        String(repeating: "*?", count: 64) + "*[^a]",
    ])
    func `S10 a rule of 64 stars is matched in steps that grow with the path alone`(_ text: String) throws {
        let rule = try IgnoreRule(Array(text.utf8))
        func steps(_ path: String) -> (isMatch: Bool, count: Int) {
            let scratch = GlobScratch()
            let isMatch = Array(path.utf8).withUnsafeBufferPointer { rule.matches($0, scratch) }
            return (isMatch, scratch.steps)
        }
        // The last character lets the rule past the look at its plain end, and not match.
        let ending = text.hasSuffix("b") ? "/b" : "a"

        for length in [256, 1024, 4096] {
            let path = String(repeating: "a", count: length - ending.utf8.count) + ending
            #expect(steps(path).count <= rule.instructions * (length + 1), "\(length)")
        }
        let rules = try ignore(text)
        #expect(rules.excludes(String(repeating: "a", count: 4095) + "b"))
        #expect(!rules.excludes(String(repeating: "a", count: 4096)))
    }

    @Test func `S10 repetitions in braces do not make a program of any size`() {
        let rules = (0..<3000).map { "a{900}*\($0)" }.joined(separator: "\n")

        let error = #expect(throws: ContextError.self) { try DockerIgnore(Array(rules.utf8), file: "x") }
        #expect(error?.code == "ignore-file-too-large")
    }

    @Test func `S10 a file of rules has limits`() {
        let rules = [UInt8](String(repeating: "a\n", count: 10_000).utf8)

        #expect(throws: Never.self) { try DockerIgnore(rules, file: "x") }
        #expect(throws: ContextError.self) { try DockerIgnore(rules + Array("b\n".utf8), file: "x") }
        #expect(throws: Never.self) {
            try DockerIgnore(Array(String(repeating: "#\n", count: 1 << 19).utf8), file: "x")
        }
        #expect(throws: ContextError.self) {
            try DockerIgnore(Array(String(repeating: "#\n", count: 1 << 19).utf8) + [0x23], file: "x")
        }
    }

    @Test func `S24 no rules end the process and pruning changes nothing`() throws {
        var generator = SystemRandomNumberGenerator()
        let pieces = [
            "*", "**", "/", "?", "a", "b", "[ab]", "[^a]", "[", "]", "\\", "!", "|", "{2}", "^", "\\d", "é", ".", "-",
            "[[:alpha:]]", "\u{feff}",
        ]
        func text(_ count: ClosedRange<Int>) -> String {
            (0..<Int.random(in: count, using: &generator)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &generator)]
            }.joined()
        }
        let segments = ["a", "b", "é", "ab", "^", "a\n"]
        for _ in 0..<3000 {
            let lines = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                (Bool.random(using: &generator) ? "!" : "") + text(1...6)
            }
            guard let ignore = try? DockerIgnore(Array(lines.joined(separator: "\n").utf8), file: "x") else { continue }
            let path = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                segments[Int.random(in: 0..<segments.count, using: &generator)]
            }
            let filter = IgnoreFilter(ignore)
            var state = filter.root
            var isPruned = false
            for count in 1...path.count {
                let inner = Array(path.prefix(count).joined(separator: "/").utf8)
                state = filter.decide(inner, in: state)
                #expect(!(isPruned && state.isKept), "\(lines) \(path)")
                if !state.isKept, !filter.mayKeepBelow(inner, state) { isPruned = true }
            }
        }
    }
}
