import Foundation
import TaskModel
import TestSupport
import Testing

@testable import Contexts

/// The `.git` that a git context has when it is asked for, as git itself sees it in what was packed.
struct MadeGitDirectoryTests {
    private static let files = [
        "Dockerfile": "FROM scratch\n", ".dockerignore": "!.git/**\n", ".gitignore": "out\n",
        "sub/Dockerfile": "FROM a\n",
        "sub/.dockerignore": "!.git\n", "sub/file": "text\n", "dos.bat": "a\nb\n", ".gitattributes": "*.bat eol=crlf\n",
    ]

    /// Unpacks what a build would be sent, and gives the folder.
    private func withCheckout<Result>(
        _ context: PreparedContext,
        _ body: (_ git: (String...) async throws -> String, _ folder: String) async throws -> Result
    ) async throws -> Result {
        let bytes = try await packed(context.included)
        return try await withTemporaryFolder { folder in
            try Data(bytes).write(to: URL(filePath: folder + "/context.tar"))
            try FileManager.default.createDirectory(atPath: folder + "/tree", withIntermediateDirectories: true)
            try await ChildProcess.run(["tar", "-C", folder + "/tree", "-xpf", folder + "/context.tar"])
            return try await body(
                { (arguments: String...) in
                    try await ChildProcess.run(
                        ["git", "-C", folder + "/tree"] + arguments,
                        environment: ["PATH": "/usr/bin:/bin", "HOME": folder, "GIT_CONFIG_NOSYSTEM": "1"])
                }, folder + "/tree")
        }
    }

    @Test func `git takes it for a shallow clone of that branch with nothing changed`() async throws {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository("app.git", files: Self.files)
            let id = try await fixture.commit(["second": "2"], to: "main", in: "app.git")

            let context = try await fixture.prepare("app.git#main")

            try await withCheckout(context) { git, folder async throws in
                #expect(try await git("rev-parse", "HEAD") == id)
                #expect(try await git("rev-parse", "--abbrev-ref", "HEAD") == "main")
                #expect(try await git("log", "--format=%H %an %s") == "\(id) A commit")
                #expect(try await git("status", "--porcelain") == "")
                #expect(try await git("fsck", "--full", "--strict") == "")
                #expect(try await git("config", "remote.origin.url") == fixture.origin + "/app.git")
                #expect(try await git("show", "HEAD:dos.bat") == "a\nb")
                #expect(try await git("describe", "--always") == id.prefix(7))
                #expect(try String(contentsOfFile: folder + "/dos.bat", encoding: .utf8) == "a\r\nb\r\n")
            }
            let made = try entries(of: context.included).filter { $0.path.text.hasPrefix(".git/") }
            #expect(
                made.map { $0.path.text.replacing(/pack-[0-9a-f]+/, with: "pack-*") } == [
                    ".git/HEAD", ".git/config", ".git/index", ".git/objects", ".git/objects/pack",
                    ".git/objects/pack/pack-*.idx", ".git/objects/pack/pack-*.pack", ".git/refs", ".git/refs/heads",
                    ".git/refs/heads/main", ".git/shallow",
                ])
            #expect(Set(made.map(\.modified)) == [1_700_000_123])
        }
    }

    @Test func `tags, commits and other refs give a HEAD without a branch`() async throws {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository("app.git", files: Self.files)
            let server = { (arguments: [String]) in try await fixture.git(["--git-dir=."] + arguments, in: "app.git") }
            let id = try await server(["rev-parse", "main"])
            _ = try await server(["tag", "-a", "-m", "note", "v1", id])
            _ = try await server(["update-ref", "refs/pull/3/head", id])

            for fragment in ["v1", "pull/3/head", id] {
                try await withCheckout(try await fixture.prepare("app.git#" + fragment)) { git, _ async throws in
                    #expect(try await git("rev-parse", "HEAD") == id, "\(fragment)")
                    #expect(try await git("rev-parse", "--abbrev-ref", "HEAD") == "HEAD", "\(fragment)")
                    #expect(try await git("status", "--porcelain") == "", "\(fragment)")
                    #expect(try await git("fsck", "--full") == "", "\(fragment)")
                    if fragment == "v1" {
                        #expect(try await git("describe") == "v1")
                        #expect(try await git("cat-file", "-t", "v1") == "tag")
                    }
                    if fragment.hasPrefix("pull") { #expect(try await git("rev-parse", "refs/pull/3/head") == id) }
                }
            }
        }
    }

    @Test func `the same commit gives the same bytes, however it was fetched`() async throws {
        let texts = Dictionary(
            uniqueKeysWithValues: (0..<30).map {
                ("file\($0)", "number \($0)\n" + String(repeating: "same text ", count: 200))
            })
        try await GitFixture.run { fixture in
            try await fixture.makeRepository("app.git", files: texts.merging(Self.files) { $1 })
            _ = try await fixture.prepare("app.git")
            try await fixture.commit(["file3": "changed"], to: "main", in: "app.git")
            let later = try await packed(try await fixture.prepare("app.git").included)
            let other = GitFixture(folder: fixture.folder + "/other", origin: fixture.origin)
            let fresh = try await GitContext.prepare(
                try fixture.reference("app.git#main"), pool: other.pool, access: fixture.access())

            #expect(try await packed(fresh.included) == later)
        }
    }

    @Test func `it is in the root of the context, also when that is a folder, and the rules apply to it`() async throws
    {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository("app.git", files: Self.files)
            func paths(_ reference: String, includeGit: Bool = false) async throws -> [String] {
                try entries(of: try await fixture.prepare(reference, includeGit: includeGit).included).map(\.path.text)
            }

            let inFolder = try await paths("app.git#main:sub")
            #expect(inFolder.filter { !$0.hasPrefix(".git/") } == [".dockerignore", ".git", "Dockerfile", "file"])
            #expect(inFolder.contains(".git/HEAD"))
            try await withCheckout(try await fixture.prepare("app.git#main:sub")) { git, _ async throws in
                #expect(try await git("log", "-1", "--format=%s") == "commit")
            }

            for (rules, expected) in [
                ("!.git/config\n", [".git", ".git/config"]), ("x\n", []), ("!.gitignore\n", []), ("!sub/.git\n", []),
                (
                    "!.git/**\n.git/objects\n.git/index\n",
                    [
                        ".git", ".git/HEAD", ".git/config", ".git/refs", ".git/refs/heads", ".git/refs/heads/main",
                        ".git/shallow",
                    ]
                ),
            ] {
                try await fixture.commit([".dockerignore": rules], to: "main", in: "app.git")
                #expect(
                    try await paths("app.git").filter { $0 == ".git" || $0.hasPrefix(".git/") } == expected, "\(rules)")
            }
            #expect(try await paths("app.git", includeGit: true).contains(".git/index"))
            #expect(try await paths("app.git?keep-git-dir=1").contains(".git/index"))
            #expect(try await paths("app.git?keep-git-dir=0").contains(".git/index") == false)
        }
    }

    @Test func `user info and submodules' own files stay out of it`() async throws {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository("inner.git", files: ["in": "inner\n"])
            let id = try await fixture.git(["--git-dir=.", "rev-parse", "main"], in: "inner.git")
            let modules = "[submodule \"m\"]\n\tpath = m\n\turl = ../../inner.git\n"
            try await fixture.makeRepository(
                "private/app.git", files: Self.files.merging([".gitmodules": modules]) { $1 })
            let server = { (arguments: [String]) in
                try await fixture.git(["--git-dir=."] + arguments, in: "private/app.git")
            }
            _ = try await server(["read-tree", "main"])
            _ = try await server(["update-index", "--add", "--cacheinfo", "160000,\(id),m"])
            let tree = try await server(["write-tree"])
            let commit = try await server(["commit-tree", tree, "-m", "module"])
            _ = try await server(["update-ref", "refs/heads/main", commit])
            let inURL = fixture.origin.replacing("http://", with: "http://reader:open%20sesame@") + "/private/app.git"
            guard case .git(let reference) = try ContextLocation(inURL) else { throw CocoaError(.featureUnsupported) }

            let context = try await GitContext.prepare(reference, pool: fixture.pool, access: fixture.access())

            #expect(try contents(of: context.included)["m/in"] == "inner\n")
            #expect(try contents(of: context.included).keys.allSatisfy { $0 == ".git" || !$0.hasSuffix("/.git") })
            #expect(try contents(of: context.included).values.allSatisfy { !$0.contains("sesame") })
            try await withCheckout(context) { git, _ async throws in
                #expect(try await git("status", "--porcelain") == "")
                #expect(try await git("rev-parse", "HEAD") == commit)
            }
        }
    }

    @Test func `nothing of it is left when nobody uses it, also after a kill`() async throws {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository("app.git", files: Self.files)
            func made() -> [String] { fixture.mirrors().flatMap { listDirectory($0 + "/made") } }
            do {
                let context = try await fixture.prepare("app.git")
                #expect(made().count == 1)
                _ = context
            }
            #expect(made().isEmpty)

            let left = try #require(fixture.mirrors().first) + "/made/left"
            try FileManager.default.createDirectory(atPath: left + "/.git", withIntermediateDirectories: true)
            let context = try await fixture.prepare("app.git")
            #expect(made().count == 1 && !made().contains("left"))
            _ = context
        }
    }
}
