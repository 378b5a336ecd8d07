import CurlHTTP
import Foundation
import TestSupport
import TaskModel

@testable import Contexts

/// A folder of git repositories served over HTTP on loopback by `git http-backend`, with a pool for mirrors.
struct GitFixture: Sendable {
    let folder: String
    let origin: String
    var pool: String { folder + "/pool" }
    var repositories: String { folder + "/repositories" }

    static let user = "reader"
    static let password = "open sesame"

    /// Runs `body` with a server whose repositories below `private/` ask for a password.
    ///
    /// - Parameter isOld: whether the server speaks version 0 of git's protocol alone.
    static func run<Result>(isOld: Bool = false, _ body: (GitFixture) async throws -> Result) async throws -> Result {
        try await withTemporaryFolder { folder in
            try FileManager.default.createDirectory(
                atPath: folder + "/repositories/private", withIntermediateDirectories: true)
            try write(password, to: folder + "/password")
            let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
                path: "git-http-server.py")
            let server = try ChildProcess(
                [
                    "python3", script.path(), "--private", "/private/", "--user", user, "--password-file",
                    folder + "/password",
                    folder + "/repositories",
                ] + (isOld ? ["--old"] : []), errors: .file(folder + "/server.log"), limit: .seconds(600))
            defer { server.stop() }
            let port = try await server.wait { $0.firstLine?.split(separator: ":").last }
            return try await body(GitFixture(folder: folder, origin: "http://127.0.0.1:\(port)"))
        }
    }

    /// The requests that the server answered so far, a line each.
    var requests: [String] {
        let text = (try? String(contentsOfFile: folder + "/server.log", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    func access(
        _ credentials: [String: Credential] = [:], limits: ContextLimits = ContextLimits(), cacheBytes: Int64 = 1 << 40
    ) -> GitAccess {
        var configuration = HTTPClient.Configuration()
        configuration.addressPolicy = AddressPolicy(allowedOrigins: [origin])
        return GitAccess(
            client: HTTPClient(configuration), credentials: credentials, limits: limits,
            cacheBytes: cacheBytes)
    }

    func reference(_ text: String) throws -> GitReference {
        guard case .git(let reference) = try ContextLocation("\(origin)/\(text)") else {
            throw CocoaError(.featureUnsupported)
        }
        return reference
    }

    func prepare(
        _ text: String, dockerfile: DockerfileChoice = .standard, includeGit: Bool = false, access: GitAccess? = nil
    )
        async throws -> PreparedContext
    {
        try await GitContext.prepare(
            try reference(text), dockerfile: dockerfile, includeGit: includeGit, pool: pool,
            access: access ?? self.access())
    }

    /// Runs git in a folder below the repositories, without anybody's configuration.
    @discardableResult
    func git(_ arguments: [String], in path: String, input: String? = nil) async throws -> String {
        let environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_AUTHOR_DATE": "1700000000 +0000",
            "GIT_COMMITTER_NAME": "C", "GIT_COMMITTER_EMAIL": "c@example.com", "GIT_COMMITTER_DATE": "1700000123 +0200",
        ]
        // A file, since a pipe would fill up before anybody reads it.
        let file = folder + "/input-" + UUID().uuidString
        if let input { try write(input, to: file) }
        return try await ChildProcess.run(
            ["git", "-C", repositories + "/" + path] + arguments, environment: environment,
            input: input == nil ? .nothing : .file(file))
    }

    /// Makes a bare repository with one commit on `main`.
    func makeRepository(_ path: String, files: [String: String] = ["Dockerfile": "FROM scratch\n"]) async throws {
        try FileManager.default.createDirectory(atPath: repositories + "/" + path, withIntermediateDirectories: true)
        try await git(["init", "--quiet", "--bare", "--initial-branch=main"], in: path)
        try await commit(files, to: "main", in: path)
    }

    /// Adds a commit with these files, beside those that are there.
    @discardableResult
    func commit(_ files: [String: String], to branch: String, in path: String) async throws -> String {
        let index = ["--git-dir=."]
        let parent = try? await git(index + ["rev-parse", "--verify", "--quiet", "refs/heads/\(branch)"], in: path)
        try await git(index + ["read-tree", parent ?? "--empty"], in: path)
        for (name, content) in files {
            let id = try await git(index + ["hash-object", "-w", "--stdin"], in: path, input: content)
            try await git(index + ["update-index", "--add", "--cacheinfo", "100644,\(id),\(name)"], in: path)
        }
        let tree = try await git(index + ["write-tree"], in: path)
        let id = try await git(
            index + ["commit-tree", tree, "-m", "commit"] + (parent.map { ["-p", $0] } ?? []), in: path)
        try await git(index + ["update-ref", "refs/heads/\(branch)", id], in: path)
        return id
    }
}

/// What a walk holds, with the contents of its files.
func contents(of walk: any ContextWalk) throws -> [String: String] {
    var result: [String: String] = [:]
    try walk.forEachEntry { entry, content in
        guard case .file(let size) = entry.kind else { return }
        result[entry.path.text] = String(decoding: try readAll(content, size: size, path: entry.path), as: UTF8.self)
    }
    return result
}
