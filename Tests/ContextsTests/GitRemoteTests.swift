import Foundation
import TaskModel
import TestSupport
import Testing

@testable import Contexts

/// Looks at repositories that nobody builds.
struct GitRemoteTests {
    private func remote(_ text: String, _ fixture: GitFixture) throws -> GitRemote {
        GitRemote(try fixture.reference(text), pool: fixture.pool, access: fixture.access())
    }

    @Test(arguments: [false, true])
    func `branches, tags and what HEAD stands for are listed, annotated tags as what they lead to`(
        _ isOld: Bool
    ) async throws {
        try await GitFixture.run(isOld: isOld) { fixture in
            try await fixture.makeRepository("app.git")
            let first = try await fixture.git(["--git-dir=.", "rev-parse", "main"], in: "app.git")
            let second = try await fixture.commit(["a": "1"], to: "topic/x", in: "app.git")
            try await fixture.git(["--git-dir=.", "tag", "light", first], in: "app.git")
            try await fixture.git(["--git-dir=.", "tag", "-a", "-m", "note", "heavy", second], in: "app.git")
            try await fixture.git(["--git-dir=.", "update-ref", "refs/pull/7/head", second], in: "app.git")

            let refs = try await remote("app.git", fixture).refs()

            #expect(refs.defaultBranch == "main")
            #expect(
                refs.commits == [
                    "refs/heads/main": first, "refs/heads/topic/x": second, "refs/tags/light": first,
                    "refs/tags/heavy": second,
                ])
            #expect(fixture.mirrors().isEmpty)
        }
    }

    @Test func `an empty repository has no refs`() async throws {
        try await GitFixture.run { fixture in
            try FileManager.default.createDirectory(
                atPath: fixture.repositories + "/new.git", withIntermediateDirectories: true)
            try await fixture.git(["init", "--quiet", "--bare", "--initial-branch=main"], in: "new.git")

            let refs = try await remote("new.git", fixture).refs()

            #expect(refs.commits.isEmpty)
        }
    }

    @Test func `a repository that is not there is told of`() async throws {
        try await GitFixture.run { fixture in
            let remote = try remote("none.git", fixture)

            await #expect(throws: ContextError.repositoryNotFound(remote: "\(fixture.origin)/none.git")) {
                try await remote.refs()
            }
        }
    }

    @Test func `a file is read at the commit and in the folder that are named`() async throws {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository(
                "app.git", files: ["sub/Dockerfile": "FROM one\n", "Dockerfile": "FROM x"])
            let first = try await fixture.git(["--git-dir=.", "rev-parse", "main"], in: "app.git")
            try await fixture.commit(["sub/Dockerfile": "FROM two\n"], to: "main", in: "app.git")

            let old = try await remote("app.git#\(first):sub", fixture).file("Dockerfile", limit: 100)
            let new = try await remote("app.git#main:sub", fixture).file("Dockerfile", limit: 9)
            let outer = try await remote("app.git", fixture).file("./Dockerfile", limit: 100)

            #expect(old == Array("FROM one\n".utf8))
            #expect(new == Array("FROM two\n".utf8))
            #expect(outer == Array("FROM x".utf8))
        }
    }

    @Test func `a file that is missing is nil, one that is too large an error, one outside is refused`() async throws {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository("app.git", files: ["sub/Dockerfile": "FROM one\n"])
            let remote = try remote("app.git#main:sub", fixture)

            #expect(try await remote.file("Other", limit: 100) == nil)
            #expect(try await self.remote("app.git#main:none", fixture).file("Dockerfile", limit: 100) == nil)
            await #expect(throws: ContextError.self) { try await remote.file("Dockerfile", limit: 8) }
            await #expect(throws: ContextError.folderOutside("../../Dockerfile")) {
                try await remote.file("../../Dockerfile", limit: 100)
            }
        }
    }

    @Test(arguments: [false, true])
    func `the paths that changed between two commits are found, whatever lies between them`(_ isOld: Bool) async throws
    {
        try await GitFixture.run(isOld: isOld) { fixture in
            try await fixture.makeRepository("app.git", files: ["a": "1", "sub/deep/b": "1", "same/c": "1"])
            let first = try await fixture.git(["--git-dir=.", "rev-parse", "main"], in: "app.git")
            try await fixture.commit(["between": "1"], to: "main", in: "app.git")
            let last = try await fixture.commit(["sub/deep/b": "2", "e/f": "1"], to: "main", in: "app.git")
            let remote = try remote("app.git#" + last, fixture)

            #expect(try await Set(remote.changedPaths(since: first) ?? []) == ["between", "sub/deep/b", "e/f"])
            #expect(try await remote.changedPaths(since: last) == [])
            #expect(try await remote.changedPaths(since: String(repeating: "1", count: 40)) == nil)
        }
    }

    @Test func `S6 what changed in a few trees that hold one another without end can't be known`() async throws {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository("app.git")
            let first = try await fixture.git(["--git-dir=.", "rev-parse", "main"], in: "app.git")
            var tree = try await fixture.git(["--git-dir=.", "mktree"], in: "app.git", input: "")
            for _ in 0..<20 {
                let entries = (0..<10).map { "040000 tree \(tree)\t\($0)\n" }.joined()
                tree = try await fixture.git(["--git-dir=.", "mktree"], in: "app.git", input: entries)
            }
            let last = try await fixture.git(["--git-dir=.", "commit-tree", tree, "-m", "x"], in: "app.git")
            try await fixture.git(["--git-dir=.", "update-ref", "refs/heads/main", last], in: "app.git")
            var limits = ContextLimits()
            limits.entries = 1000
            let remote = GitRemote(
                try fixture.reference("app.git#main"), pool: fixture.pool, access: fixture.access(limits: limits))

            #expect(try await remote.changedPaths(since: first) == nil)
        }
    }

    @Test(arguments: [
        ("https://git.test:8443/a.git", ["git.test", "git.test:8443"]), ("https://GIT.test/a.git", ["git.test"]),
        ("git@git.test:a.git", []),
    ])
    func `S14 a repository's logins are those of its host`(location: String, expected: [String]) throws {
        let all = ["git.test", "git.test:8443", "other.test"].map {
            ($0, Credential(username: "u", password: Secret("p")))
        }
        guard case .git(let reference) = try ContextLocation(location) else {
            Issue.record("no repository")
            return
        }

        let logins = reference.logins(among: Dictionary(uniqueKeysWithValues: all))

        #expect(logins.keys.sorted() == expected)
        #expect(reference.isOverSSH == expected.isEmpty)
    }

    @Test func `files that became folders and such that are gone are changes`() async throws {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository("app.git", files: ["a": "1", "sub/b": "1"])
            let first = try await fixture.git(["--git-dir=.", "rev-parse", "main"], in: "app.git")
            try await fixture.git(["--git-dir=.", "read-tree", "--empty"], in: "app.git")
            let blob = try await fixture.git(
                ["--git-dir=.", "hash-object", "-w", "--stdin"], in: "app.git", input: "1")
            try await fixture.git(
                ["--git-dir=.", "update-index", "--add", "--cacheinfo", "100644,\(blob),a/x"], in: "app.git")
            let tree = try await fixture.git(["--git-dir=.", "write-tree"], in: "app.git")
            let last = try await fixture.git(["--git-dir=.", "commit-tree", tree, "-m", "x"], in: "app.git")
            try await fixture.git(["--git-dir=.", "update-ref", "refs/heads/main", last], in: "app.git")

            let paths = try await remote("app.git#main", fixture).changedPaths(since: first)

            #expect(paths?.sorted() == ["a", "a/x", "sub/b"])
        }
    }

    @Test func `the whole message of a commit is read, that of a tag's commit for a tag`() async throws {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository("app.git")
            let tree = try await fixture.git(["--git-dir=.", "rev-parse", "main^{tree}"], in: "app.git")
            let commit = try await fixture.git(
                ["--git-dir=.", "commit-tree", tree, "-m", "Title", "-m", "Body\n[skip ci]"], in: "app.git")
            try await fixture.git(["--git-dir=.", "tag", "-a", "-m", "note", "v1", commit], in: "app.git")

            let remote = try remote("app.git#v1", fixture)

            #expect(try await remote.message() == "Title\n\nBody\n[skip ci]\n")
            #expect(try await remote.commit() == commit)
        }
    }

    @Test(arguments: [false, true])
    func `the message of a pinned commit comes without its files, where the server can do that`(_ canFilter: Bool)
        async throws
    {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository("app.git")
            try await fixture.git(["config", "uploadpack.allowFilter", "\(canFilter)"], in: "app.git")
            let commit = try await fixture.git(["--git-dir=.", "rev-parse", "main"], in: "app.git")
            try await fixture.commit(["a": "1"], to: "main", in: "app.git")
            let remote = GitRemote(
                try fixture.reference("app.git#main").pinned(to: commit), pool: fixture.pool, access: fixture.access())

            #expect(try await remote.message() == "commit\n")

            #expect(fixture.mirrors().isEmpty == canFilter)
            #expect(try await remote.file("Dockerfile", limit: 100) == Array("FROM scratch\n".utf8))
            let left = try FileManager.default.contentsOfDirectory(atPath: fixture.pool)
            #expect(!left.contains { $0.hasPrefix("message-") })
        }
    }

    @Test(arguments: [
        ("https://host/app.git", "https://host/app.git#refs/heads/x"),
        ("https://user:pass@host/app.git#main:sub", "https://user:pass@host/app.git#refs/heads/x:sub"),
        (
            "https://host/app.git?keep-git-dir=1&submodules=0&ref=main&subdir=a",
            "https://host/app.git?keep-git-dir=1&submodules=0#refs/heads/x:a"
        ),
        ("git@host:app.git#main", "git@host:app.git#refs/heads/x"),
    ])
    func `the same reference at another ref is written as a location`(text: String, expected: String) throws {
        guard case .git(let reference) = try ContextLocation(text) else { throw CocoaError(.featureUnsupported) }

        let other = try reference.at("refs/heads/x")

        #expect(other.location.value == expected)
        guard case .git(let read) = try ContextLocation(other.location.value) else {
            throw CocoaError(.featureUnsupported)
        }
        #expect(read.ref == "refs/heads/x" && read.subdir == reference.subdir && read.written == reference.written)
        #expect(read.fetchesSubmodules == reference.fetchesSubmodules)
    }
}
