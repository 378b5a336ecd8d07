import Foundation
import TestSupport
import Testing

@testable import Contexts

struct ContextExplanationTests {
    private func ignore(_ lines: String...) throws -> DockerIgnore {
        try DockerIgnore(Array(lines.joined(separator: "\n").utf8), file: ".dockerignore")
    }

    @Test func `the explanation comes to the same verdicts as the walk`() throws {
        var generator = SystemRandomNumberGenerator()
        let pieces = ["*", "**", "/", "?", "a", "b", "[ab]", "[^a]", "\\", "é", ".", ".git", "src", "^", "{2}"]
        let names = ["a", "b", "é", "ab", ".git", "src", ".gitignore", ".svn"]
        func pick(_ list: [String], _ count: ClosedRange<Int>) -> [String] {
            (0..<Int.random(in: count, using: &generator)).map { _ in
                list[Int.random(in: 0..<list.count, using: &generator)]
            }
        }
        var excluded = 0
        for _ in 0..<3000 {
            let lines = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                (Bool.random(using: &generator) ? "!" : "") + pick(pieces, 1...5).joined()
            }
            guard let rules = try? DockerIgnore(Array(lines.joined(separator: "\n").utf8), file: "x") else { continue }
            let path = pick(names, 1...5)
            let listed = Bool.random(using: &generator) ? IgnoreFilter.versionControlNames : []
            let filter = IgnoreFilter(rules, droppedByDefault: listed, hidden: [Array("a/b".utf8)])
            let explainer = filter.explainer
            var state = filter.root
            for count in 1...path.count {
                let inner = Array(path.prefix(count).joined(separator: "/").utf8)
                state = filter.decide(inner, in: state)
                let decision = explainer.decide(inner)

                #expect(decision.isExcluded == !state.isKept, "\(lines) \(path)")
                if decision.isExcluded { excluded += 1 }
                if decision.isExcluded, decision.cause != .requestCopy {
                    #expect((decision.enteredFor != nil) == filter.mayKeepBelow(inner, state), "\(lines) \(path)")
                }
                if case .rule(let rule, _) = decision.cause {
                    #expect(rule.text.hasPrefix("!") == !decision.isExcluded)
                }
            }
        }
        #expect(excluded > 100)
    }

    @Test(
        arguments: [
            ("x.log", true, 2, "*.log", "x.log"), ("keep.log", false, 5, "!keep.log", "keep.log"),
            ("mod/a/b", true, 3, "mod", "mod"), ("mod/c/d", false, 6, "!mod/c", "mod/c"),
        ] as [(String, Bool, Int, String, String)])
    func `the line that decided is named, wherever it matched`(
        path: String, isExcluded: Bool, line: Int, text: String, matched: String
    ) throws {
        let rules = try ignore("# comment", "*.log", "mod/", "", " !keep.log", "!/mod/c")

        let decision = try rules.decide(path)

        #expect(decision.isExcluded == isExcluded)
        #expect(
            decision.cause
                == .rule(IgnoreDecision.Rule(line: line, text: text), matched: EntryPath(matched)))
    }

    @Test func `what matches no rule has no line, and the root is never left out`() throws {
        let rules = try ignore("*.log", "**")

        #expect(try ignore("*.log").decide("a").cause == .noRule)
        #expect(try rules.decide(".") == IgnoreDecision(isExcluded: false, cause: .noRule, enteredFor: nil))
        #expect(throws: ContextError.folderOutside("../a")) { try rules.decide("../a") }
    }

    @Test func `a folder explains each of its paths`() throws {
        try withTemporaryFolder { folder in
            for path in [
                "ci/Dockerfile", "src/a.c", "src/a.tmp", "lib/x.md", "lib/y", "deep/er/f", ".git/HEAD",
                "sub/.gitignore",
            ] {
                try write("FROM scratch\n", to: folder + "/" + path)
            }
            try write(
                "*.tmp\n**/*.tmp\nlib\nci\n!lib/*.md\ndeep\n!deep/none\n.dockerignore\n", to: folder + "/.dockerignore")
            try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: "src")
            let context = try FolderContext.prepare(folder, dockerfile: .path("ci/Dockerfile"))
            func verdict(_ path: String) throws -> ContextExplanation.Verdict { try context.explain(path).verdict }
            func line(_ path: String) throws -> Int? {
                guard case .rule(let rule, _) = try context.explain(path).decision.cause else { return nil }
                return rule.line
            }

            #expect(try verdict("src/a.c") == .included)
            #expect(try verdict(".") == .included)
            #expect(try verdict("link") == .included)
            #expect(try verdict("src/a.tmp") == .excluded)
            #expect(try line("src/a.tmp") == 2)
            #expect(try verdict("lib") == .parent)
            #expect(try verdict("lib/x.md") == .included)
            #expect(try line("lib/x.md") == 5)
            #expect(try verdict("lib/y") == .excluded)
            #expect(try line("lib/y") == 3)
            #expect(try verdict("deep") == .excluded)
            #expect(try context.explain("deep").decision.enteredFor?.line == 7)
            #expect(try verdict("deep/er/f") == .excluded)
            #expect(try context.explain("deep/er").decision.enteredFor == nil)
            #expect(try verdict("ci/Dockerfile") == .carried(.dockerfile))
            #expect(try verdict("ci") == .carried(.parent))
            #expect(try verdict(".dockerignore") == .carried(.ignoreFile))
            #expect(try verdict("link/a.c") == .missing(behind: EntryPath("link")))
            #expect(try verdict("nowhere/x.tmp") == .missing(behind: nil))
            #expect(try line("nowhere/x.tmp") == 2)
            #expect(try verdict(".git/HEAD") == .excluded)
            #expect(try context.explain(".git/HEAD").decision.cause == .versionControl(matched: EntryPath(".git")))
            #expect(try verdict("sub/.gitignore") == .excluded)
            #expect(throws: ContextError.folderOutside("../x")) { try context.explain("../x") }
        }
    }

    @Test func `an added rule has no line`() throws {
        try withTemporaryFolder { folder in
            try write("FROM scratch\n", to: folder + "/Dockerfile")
            try write("x", to: folder + "/.git/HEAD")

            let context = try FolderContext.prepare(folder, includeGit: true)

            let rule = IgnoreDecision.Rule(line: nil, text: "!.git/**")
            #expect(
                try context.explain(".git/HEAD").decision.cause == .rule(rule, matched: EntryPath(".git/HEAD")))
            #expect(try context.explain(".git").verdict == .parent)
        }
    }

    @Test func `an archive explains its paths too`() async throws {
        try await withTemporaryFolder { folder in
            let digits = String(repeating: "0f", count: 16)
            try write("FROM scratch\n", to: folder + "/tree/\(digits)_Dockerfile")
            try write("*.log\n", to: folder + "/tree/.dockerignore")
            try write("x", to: folder + "/tree/a.log")
            try write("x", to: folder + "/tree/a.txt")
            try await ChildProcess.run(["tar", "-C", folder + "/tree", "-cf", folder + "/context.tar", "."])

            let context = try ArchiveContext.prepare(
                ArchiveSource(file: folder + "/context.tar"), dockerfile: .path("\(digits)_Dockerfile"))

            #expect(try context.explain("a.txt").verdict == .included)
            #expect(try context.explain("a.log").verdict == .excluded)
            #expect(try context.explain("b.log").verdict == .missing(behind: nil))
            let copy = try context.explain("\(digits)_Dockerfile")
            #expect(copy.verdict == .carried(.dockerfile))
            #expect(copy.decision.cause == .requestCopy)
        }
    }
}
