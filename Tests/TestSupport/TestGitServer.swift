import Foundation

/// Git repositories in a folder, served over HTTP on loopback by `git http-backend`.
public struct TestGitServer: Sendable {
    public let folder: String
    /// `http://127.0.0.1:PORT`
    public let origin: String

    /// Runs `body` with a server for the repositories below `folder`, which is made.
    public static func with<Result>(folder: String, _ body: (TestGitServer) async throws -> Result) async throws
        -> Result
    {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
            path: "git-http-server.py")
        let server = try ChildProcess(
            ["python3", script.path(), folder], errors: .file(folder + "/server.log"), limit: .seconds(600))
        defer { server.stop() }
        let port = try await server.wait { $0.firstLine?.split(separator: ":").last }
        return try await body(TestGitServer(folder: folder, origin: "http://127.0.0.1:\(port)"))
    }

    public func url(_ repository: String) -> String { "\(origin)/\(repository)" }

    /// The requests that it answered so far, a line each.
    public var requests: [String] {
        let text = (try? String(contentsOfFile: folder + "/server.log", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    /// Runs git in a bare repository, without anybody's configuration.
    @discardableResult
    public func git(_ arguments: [String], in repository: String, input: String? = nil) async throws -> String {
        let environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com",
            "GIT_COMMITTER_NAME": "C", "GIT_COMMITTER_EMAIL": "c@example.com",
        ]
        let file = folder + "/input-" + UUID().uuidString
        if let input { try write(input, to: file) }
        return try await ChildProcess.run(
            ["git", "--git-dir=\(folder)/\(repository)"] + arguments, environment: environment,
            input: input == nil ? .nothing : .file(file))
    }

    /// Makes a bare repository whose default branch is `main`, with one commit there.
    ///
    /// - Returns: the commit.
    @discardableResult
    public func make(_ repository: String, files: [String: String] = ["Dockerfile": "FROM scratch\n"]) async throws
        -> String
    {
        try FileManager.default.createDirectory(atPath: folder + "/" + repository, withIntermediateDirectories: true)
        try await git(["init", "--quiet", "--bare", "--initial-branch=main"], in: repository)
        return try await commit(files, to: "refs/heads/main", in: repository)
    }

    /// Adds a commit with these files beside those that are there, and moves a ref to it.
    ///
    /// - Parameters:
    ///   - ref: in full.
    ///   - parent: nil for what the ref leads to.
    @discardableResult
    public func commit(
        _ files: [String: String], to ref: String, message: String = "commit", parent: String? = nil,
        in repository: String
    ) async throws -> String {
        var known = parent
        if known == nil {
            known = try? await git(["rev-parse", "--verify", "--quiet", ref], in: repository)  // none for a new ref
        }
        try await git(["read-tree", known ?? "--empty"], in: repository)
        for (name, content) in files {
            let id = try await git(["hash-object", "-w", "--stdin"], in: repository, input: content)
            try await git(["update-index", "--add", "--cacheinfo", "100644,\(id),\(name)"], in: repository)
        }
        let tree = try await git(["write-tree"], in: repository)
        let id = try await git(
            ["commit-tree", tree, "-m", message] + (known.map { ["-p", $0] } ?? []), in: repository)
        try await git(["update-ref", ref, id], in: repository)
        return id
    }
}
