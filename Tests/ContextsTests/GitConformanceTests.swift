import CurlHTTP
import Foundation
import TestSupport
import Testing

@testable import Contexts

struct GitConformanceTests {
    struct File: Decodable {
        let repos: [String: Repository]
        let cases: [Case]
    }

    struct Repository: Decodable {
        struct Commit: Decodable {
            let id: String
            let branch: String
            let from: String?
            let put: [TreeCase.Node]
            let drop: [String]?
        }

        let default_branch: String
        let commits: [Commit]
        let tags: [String: String]
        let annotated_tags: [String: String]?
        let refs: [String: String]
        let submodules: [String: String]?
    }

    struct Case: Decodable {
        struct Expectation: Decodable {
            struct Detail: Decodable {
                let type: String?
                let target: String?
                let mode: String?
            }

            let error: String?
            let included: [String]?
            let details: [String: Detail]?
            let content: [String: String]?
            let same_as: String?
        }

        let id: String
        let repo: String
        let fragment: String
        let expect: Expectation
    }

    @Test func `a git context holds what the case says`() async throws {
        let file = try ConformanceCases.load("git", as: File.self)
        #expect(file.cases.count == 26)

        try await GitFixture.run { fixture in
            var commits: [String: [String: String]] = [:]
            for name in ["plain", "attrs", "sub"] {
                guard let repository = file.repos[name] else { continue }
                commits[name] = try await make(repository, name, fixture, commits)
            }
            for item in file.cases {
                let ids = commits[item.repo] ?? [:]
                let included = try await check(item, fill(item.fragment, ids), fixture)
                guard let other = item.expect.same_as else { continue }
                let same = try await fixture.prepare("\(item.repo).git\(fill(other, ids))")
                #expect(included == (try entries(of: same.included)), "\(item.id)")
            }
        }
    }

    private func check(_ item: Case, _ fragment: String, _ fixture: GitFixture) async throws -> [ContextEntry] {
        let context: PreparedContext
        do {
            context = try await fixture.prepare("\(item.repo).git\(fragment)")
        } catch let error as ContextError {
            #expect(error.code == item.expect.error, "\(item.id): \(error)")
            return []
        }
        #expect(item.expect.error == nil, "\(item.id)")
        let found = try entries(of: context.included)
        if let included = item.expect.included {
            #expect(found.map(\.path.text).sorted() == included.sorted(), "\(item.id)")
        }
        for (path, detail) in item.expect.details ?? [:] {
            let entry = try #require(found.first { $0.path.text == path }, "\(item.id): \(path)")
            if let target = detail.target {
                #expect(entry.kind == .symbolicLink(target: Array(target.utf8)), "\(item.id): \(path)")
            }
            if let mode = detail.mode { #expect(entry.mode == UInt16(mode, radix: 8), "\(item.id): \(path)") }
        }
        let contents = try contents(of: context.included)
        for (path, content) in item.expect.content ?? [:] { #expect(contents[path] == content, "\(item.id): \(path)") }
        return found
    }

    private func fill(_ text: String, _ commits: [String: String]) -> String {
        commits.reduce(text) { text, commit in
            text.replacing("{\(commit.key)}", with: commit.value).replacing(
                "{\(commit.key):8}", with: commit.value.prefix(8))
        }
    }

    /// Makes a repository as the data says.
    ///
    /// - Returns: the ids of its commits.
    private func make(
        _ repository: Repository, _ name: String, _ fixture: GitFixture, _ made: [String: [String: String]]
    ) async throws -> [String: String] {
        let path = name + ".git"
        try FileManager.default.createDirectory(
            atPath: fixture.repositories + "/" + path, withIntermediateDirectories: true)
        try await fixture.git(["init", "--quiet", "--bare", "--initial-branch=\(repository.default_branch)"], in: path)
        func git(_ arguments: String..., input: String? = nil) async throws -> String {
            try await fixture.git(["--git-dir=."] + arguments, in: path, input: input)
        }
        var commits: [String: String] = [:]
        for commit in repository.commits {
            let parent = commit.from.flatMap { commits[$0] }
            _ = try await git("read-tree", parent ?? "--empty")
            for node in commit.put {
                let id = try await git("hash-object", "-w", "--stdin", input: node.content ?? node.target ?? "")
                let mode = node.type == "symlink" ? "120000" : node.mode == "0755" ? "100755" : "100644"
                _ = try await git("update-index", "--add", "--cacheinfo", "\(mode),\(id),\(node.path ?? "")")
            }
            for path in commit.drop ?? [] {
                _ = try await git(
                    "update-index", "--index-info", input: "0 \(String(repeating: "0", count: 40))\t\(path)\n")
            }
            for (folder, source) in repository.submodules ?? [:] {
                // The tag of a repository that was made before: plain@v1 is its first commit.
                let parts = source.split(separator: "@").map(String.init)
                let id = try await fixture.git(["--git-dir=.", "rev-parse", parts[1]], in: parts[0] + ".git")
                let text = "[submodule \"\(folder)\"]\n\tpath = \(folder)\n\turl = ../\(parts[0]).git\n"
                let modules = try await git("hash-object", "-w", "--stdin", input: text)
                _ = try await git("update-index", "--add", "--cacheinfo", "100644,\(modules),.gitmodules")
                _ = try await git("update-index", "--add", "--cacheinfo", "160000,\(id),\(folder)")
            }
            let tree = try await git("write-tree")
            let id = try await fixture.git(
                ["--git-dir=.", "commit-tree", tree, "-m", commit.id] + (parent.map { ["-p", $0] } ?? []), in: path)
            commits[commit.id] = id
            _ = try await git("update-ref", "refs/heads/" + commit.branch, id)
        }
        for (tag, commit) in repository.tags { _ = try await git("tag", tag, commits[commit] ?? "") }
        for (tag, commit) in repository.annotated_tags ?? [:] {
            _ = try await git("tag", "-a", "-m", tag, tag, commits[commit] ?? "")
        }
        for (ref, commit) in repository.refs { _ = try await git("update-ref", ref, commits[commit] ?? "") }
        return commits
    }
}
