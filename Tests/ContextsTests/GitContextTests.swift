import CurlHTTP
import Foundation
import Glibc
import TaskModel
import TestSupport
import Testing

@testable import Contexts

struct GitContextTests {
    @Test func `a second fetch asks the remote again and transfers only what is new`() async throws {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository(
                "app.git", files: ["Dockerfile": "FROM scratch\n", "big": String(repeating: "text ", count: 50_000)])
            _ = try await fixture.prepare("app.git")
            _ = try await fixture.prepare("app.git#main")
            #expect(fixture.requests.filter { $0.contains("GET ") }.count == 2)
            // Each lists the refs; the first fetches.
            #expect(fixture.requests.filter { $0.contains("POST ") }.count == 3)

            try await fixture.commit(["new": "new"], to: "main", in: "app.git")
            let context = try await fixture.prepare("app.git")

            #expect(try entries(of: context.included).map(\.path.text) == ["Dockerfile", "big", "new"])
            // A commit, a tree and a blob, beside the four objects of the first fetch.
            #expect(try fixture.packedObjects().sorted() == [3, 4])
            #expect(context.revision?.branch == "main")
        }
    }

    @Test func `times are those of the commit and nobody's configuration counts`() async throws {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository("app.git")

            let found = try entries(of: try await fixture.prepare("app.git").included)

            #expect(found.map(\.modified) == [1_700_000_123])
        }
    }

    @Test(arguments: ["truncated", "removed", "no index", "no repository", "half"])
    func `a damaged mirror is made anew`(_ damage: String) async throws {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository("app.git", files: ["Dockerfile": "FROM scratch\n", "a": "text"])
            _ = try await fixture.prepare("app.git")
            for path in fixture.mirrors() {
                for name in listDirectory(path + "/objects/pack") {
                    let file = path + "/objects/pack/" + name
                    switch damage {
                    case "truncated":
                        if name.hasSuffix(".pack") {
                            chmod(file, 0o600)
                            truncate(file, 40)
                        }
                    case "removed": if name.hasSuffix(".pack") { unlink(file) }
                    case "no index": if name.hasSuffix(".idx") { unlink(file) }
                    default: break
                    }
                }
                if damage == "no repository" { unlink(path + "/HEAD") }
                if damage == "half" { try write("junk", to: path + "/refs/kept/x.lock") }
            }

            let context = try await fixture.prepare("app.git")

            #expect(try contents(of: context.included) == ["Dockerfile": "FROM scratch\n", "a": "text"])
            #expect(fixture.mirrors().count == 1)
        }
    }

    @Test func `a file that can't be read fails its run and the next one has a new mirror`() async throws {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository(
                "app.git", files: ["Dockerfile": "FROM scratch\n", "a": String(repeating: "0123456789", count: 9000)])
            let broken = try await fixture.prepare("app.git")
            for path in fixture.mirrors() {
                // Zeros over the content of the last object, in front of the checksum.
                for name in listDirectory(path + "/objects/pack") where name.hasSuffix(".pack") {
                    let file = path + "/objects/pack/" + name
                    chmod(file, 0o600)
                    let handle = try FileHandle(forUpdating: URL(filePath: file))
                    let size = try handle.seekToEnd()
                    try handle.seek(toOffset: 60)
                    try handle.write(contentsOf: Data(repeating: 0, count: Int(size) - 85))
                    try handle.close()
                }
            }

            let error = #expect(throws: ContextError.self) { try contents(of: broken.included) }
            let context = try await fixture.prepare("app.git")

            #expect(error?.code == "mirror-damaged")
            #expect(try contents(of: context.included)["a"]?.count == 90_000)
        }
    }

    @Test func `a private repository opens with the right password alone, and no error holds one`() async throws {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository("private/app.git")
            let good = Credential(username: GitFixture.user, password: Secret(GitFixture.password))
            let bad = Credential(username: GitFixture.user, password: Secret("wrong-password"))

            let context = try await fixture.prepare("private/app.git", access: fixture.access(["127.0.0.1": good]))
            #expect(try entries(of: context.included).map(\.path.text) == ["Dockerfile"])

            for (credentials, hadAny) in [([:], false), (["127.0.0.1": bad], true)] as [([String: Credential], Bool)] {
                let error = await #expect(throws: ContextError.self) {
                    try await fixture.prepare("private/app.git", access: fixture.access(credentials))
                }
                #expect(error == .accessRefused(remote: fixture.origin + "/private/app.git", hadCredentials: hadAny))
                #expect(error?.description.contains("wrong-password") == false)
            }

            let inURL = fixture.origin.replacing("http://", with: "http://reader:open%20sesame@") + "/private/app.git"
            guard case .git(let reference) = try ContextLocation(inURL) else { return }
            #expect(!reference.redacted.contains("sesame"))
            _ = try await GitContext.prepare(reference, pool: fixture.pool, access: fixture.access())
            #expect(try fixture.filesHolding("sesame").isEmpty)
        }
    }

    @Test func `what does not exist is said in words`() async throws {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository("app.git", files: ["Dockerfile": "FROM scratch\n", "sub/file": "x"])
            try await fixture.git(["init", "--quiet", "--bare", fixture.repositories + "/empty.git"], in: "")
            func code(_ text: String) async throws -> String? {
                await #expect(throws: ContextError.self) { try await fixture.prepare(text) }?.code
            }

            #expect(try await code("nothing.git") == "not-found")
            #expect(try await code("empty.git") == "no-ref")
            #expect(try await code("app.git#nope") == "no-ref")
            #expect(try await code("app.git#0123456789012345678901234567890123456789") == "no-ref")
            #expect(try await code("app.git#0123456") == "no-ref")
            #expect(try await code("app.git#main:nope") == "folder-missing")
            #expect(try await code("app.git#main:sub/file") == "folder-not-a-directory")
            #expect(try await code("app.git#main:sub") == "no-dockerfile")
        }
    }

    @Test func `S6 folders and Dockerfiles do not lead out of the repository`() async throws {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository("app.git", files: ["Dockerfile": "FROM scratch\n", "sub/x": "x"])
            let target = try await fixture.git(
                ["--git-dir=.", "hash-object", "-w", "--stdin"], in: "app.git", input: "../../outside")
            try await fixture.git(["--git-dir=.", "read-tree", "main"], in: "app.git")
            for name in ["out", "sub/out"] {
                try await fixture.git(
                    ["--git-dir=.", "update-index", "--add", "--cacheinfo", "120000,\(target),\(name)"], in: "app.git")
            }
            let tree = try await fixture.git(["--git-dir=.", "write-tree"], in: "app.git")
            let commit = try await fixture.git(["--git-dir=.", "commit-tree", tree, "-m", "links"], in: "app.git")
            try await fixture.git(["--git-dir=.", "update-ref", "refs/heads/main", commit], in: "app.git")

            for fragment in ["main:out", "main:sub/out", "main:out/deeper"] {
                let error = await #expect(throws: ContextError.self) {
                    try await fixture.prepare("app.git#" + fragment)
                }
                #expect(error?.apiCode == "ContextPathEscape", "\(fragment)")
            }
            for dockerfile in ["../Dockerfile", "out", "x/../../Dockerfile"] {
                let error = await #expect(throws: ContextError.self) {
                    try await fixture.prepare("app.git#main:sub", dockerfile: .path(dockerfile))
                }
                #expect(error?.apiCode == "ContextPathEscape", "\(dockerfile)")
            }
            #expect(throws: ContextError.folderOutside(".git/hooks")) {
                try fixture.reference("app.git#main:.git/hooks")
            }
        }
    }

    @Test func `S2 S3 only allowed servers are asked`() async throws {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository("app.git")
            var configuration = HTTPClient.Configuration()
            configuration.addressPolicy = AddressPolicy()
            let strict = GitAccess(client: HTTPClient(configuration))
            func error(_ text: String) async throws -> ContextError? {
                guard case .git(let reference) = try ContextLocation(text) else { return nil }
                return await #expect(throws: ContextError.self) {
                    try await GitContext.prepare(reference, pool: fixture.pool, access: strict)
                }
            }

            let plain = try await error(fixture.origin + "/app.git")
            #expect(plain?.apiCode == "InvalidSourceLocation" && plain?.description.contains("sources.allow") == true)
            #expect(try await error("git://127.0.0.1/app.git")?.code == "source-refused")
            let blocked = try await error(fixture.origin.replacing("http:", with: "https:") + "/app.git")
            #expect(
                blocked?.apiCode == "SourceAddressBlocked" && blocked?.description.contains("sources.allow") == true)
            #expect(try await error("ssh://git@127.0.0.1/app.git")?.apiCode == "SourceAddressBlocked")
            #expect(try await error("git@localhost:app.git")?.apiCode == "SourceAddressBlocked")
            #expect(fixture.requests.isEmpty)
        }
    }

    @Test func `S4 redirects are followed to the end, without credentials for another server`() async throws {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository("app.git")
            try await fixture.makeRepository("private/app.git")
            let script = """
                import http.server, sys
                class Handler(http.server.BaseHTTPRequestHandler):
                    def do_GET(self):
                        self.send_response(302)
                        self.send_header("Location", sys.argv[1] + self.path)
                        self.send_header("Content-Length", "0")
                        self.end_headers()
                    def log_message(self, *_): pass
                server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
                print(server.server_address[1], flush=True)
                server.serve_forever()
                """
            let redirector = try ChildProcess(["python3", "-c", script, fixture.origin])
            defer { redirector.stop() }
            let origin = "http://127.0.0.1:\(try await redirector.wait { $0.firstLine })"
            var configuration = HTTPClient.Configuration()
            configuration.addressPolicy = AddressPolicy(allowedOrigins: [origin, fixture.origin])
            let login = Credential(username: GitFixture.user, password: Secret(GitFixture.password))
            let access = GitAccess(client: HTTPClient(configuration), credentials: ["127.0.0.1": login])
            func prepare(_ path: String, _ access: GitAccess) async throws -> PreparedContext {
                guard case .git(let reference) = try ContextLocation(origin + path) else {
                    throw CocoaError(.featureUnsupported)
                }
                return try await GitContext.prepare(reference, pool: fixture.pool, access: access)
            }

            #expect(try entries(of: try await prepare("/app.git", access).included).map(\.path.text) == ["Dockerfile"])
            let error = await #expect(throws: ContextError.self) { try await prepare("/private/app.git", access) }
            #expect(error?.code == "access-refused")
            configuration.addressPolicy = AddressPolicy(allowed: [], allowedOrigins: [origin])
            let strict = GitAccess(client: HTTPClient(configuration))
            let blocked = await #expect(throws: ContextError.self) { try await prepare("/app.git", strict) }
            #expect(blocked?.apiCode == "SourceAddressBlocked")
        }
    }

    @Test func `S14 logins are for submodules only where they may be`() async throws {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository("private/lib.git", files: ["hidden": "1"])
            let id = try await fixture.git(["--git-dir=.", "rev-parse", "main"], in: "private/lib.git")
            let modules = "[submodule \"m\"]\n\tpath = m\n\turl = ../lib.git\n"
            try await fixture.makeRepository(
                "private/app.git", files: ["Dockerfile": "FROM scratch\n", ".gitmodules": modules])
            try await fixture.git(["--git-dir=.", "read-tree", "main"], in: "private/app.git")
            try await fixture.git(
                ["--git-dir=.", "update-index", "--add", "--cacheinfo", "160000,\(id),m"], in: "private/app.git")
            let tree = try await fixture.git(["--git-dir=.", "write-tree"], in: "private/app.git")
            let commit = try await fixture.git(
                ["--git-dir=.", "commit-tree", tree, "-m", "module"], in: "private/app.git")
            try await fixture.git(["--git-dir=.", "update-ref", "refs/heads/main", commit], in: "private/app.git")
            let login = Credential(username: GitFixture.user, password: Secret(GitFixture.password))
            let withLogin = fixture.origin.replacing("http://", with: "http://reader:open%20sesame@")
            for (url, credentials) in [
                (fixture.origin, ["127.0.0.1": login]), (withLogin, [:]),
            ] {
                guard case .git(let reference) = try ContextLocation(url + "/private/app.git") else { return }
                var access = fixture.access(credentials)
                let all = try await GitContext.prepare(reference, pool: fixture.pool, access: access)
                #expect(try contents(of: all.included)["m/hidden"] == "1")

                access.logsInToSubmodules = false

                let error = await #expect(throws: ContextError.self) {
                    try await GitContext.prepare(reference, pool: fixture.pool, access: access)
                }
                #expect(error?.code == "submodule")
            }
        }
    }

    @Test func `submodules of refused kinds are refused`() async throws {
        try await GitFixture.run { fixture in
            for (number, address) in [
                "/srv/x.git", "file:///srv/x.git", "ext::sh -c x", "http://example.com/x.git", "--upload-pack=x",
            ].enumerated() {
                let name = "app\(number).git"
                let modules = "[submodule \"m\"]\n\tpath = m\n\turl = \(address)\n"
                try await fixture.makeRepository(name, files: ["Dockerfile": "FROM scratch\n", ".gitmodules": modules])
                try await fixture.git(["--git-dir=.", "read-tree", "main"], in: name)
                let id = try await fixture.git(["--git-dir=.", "rev-parse", "main"], in: name)
                try await fixture.git(
                    ["--git-dir=.", "update-index", "--add", "--cacheinfo", "160000,\(id),m"], in: name)
                let tree = try await fixture.git(["--git-dir=.", "write-tree"], in: name)
                let commit = try await fixture.git(["--git-dir=.", "commit-tree", tree, "-m", "module"], in: name)
                try await fixture.git(["--git-dir=.", "update-ref", "refs/heads/main", commit], in: name)

                let error = await #expect(throws: ContextError.self) { try await fixture.prepare(name) }
                #expect(error?.code == "submodule", "\(address)")
                #expect(error?.apiCode == "InvalidSourceLocation", "\(address)")

                let without = try await fixture.prepare(name + "?submodules=false")
                #expect(try entries(of: without.included).map(\.path.text) == [".gitmodules", "Dockerfile", "m"])
            }
        }
    }

    @Test func `many runs share one mirror at the same time`() async throws {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository("app.git")
            try await fixture.commit(["x": "x"], to: "other", in: "app.git")

            try await withThrowingTaskGroup(of: [String].self) { group in
                for number in 0..<12 {
                    group.addTask {
                        try entries(
                            of: try await fixture.prepare(
                                number % 2 == 0 ? "app.git" : "app.git#other", dockerfile: .bytes([])
                            ).included
                        )
                        .map(\.path.text)
                    }
                }
                for try await paths in group { #expect(paths == ["Dockerfile"] || paths == ["x"]) }
            }
            #expect(fixture.mirrors().count == 1)
        }
    }

    @Test func `a server that says nothing is given up when the task is canceled`() async throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer -> UInt16 in
                #expect(bind(listener, pointer, length) == 0)
                #expect(listen(listener, 5) == 0)
                getsockname(listener, pointer, &length)
                return UInt16(
                    bigEndian: UnsafeRawPointer(pointer).assumingMemoryBound(to: sockaddr_in.self).pointee.sin_port)
            }
        }
        try await withTemporaryFolder { folder in
            let fixture = GitFixture(folder: folder, origin: "http://127.0.0.1:\(port)")
            await #expect(throws: CancellationError.self) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { _ = try await fixture.prepare("app.git") }
                    // The connection is there: the request is under way.
                    let connection = try await found("a connection") {
                        let connection = accept(listener, nil, nil)
                        return connection < 0 ? nil : connection
                    }
                    defer { close(connection) }
                    group.cancelAll()
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test func `a commit that no ref leads to any more is fetched by its id, or said to be gone`() async throws {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository("app.git")
            let old = try await fixture.git(["--git-dir=.", "rev-parse", "main"], in: "app.git")
            try await fixture.commit(["new": "x"], to: "main", in: "app.git")

            let context = try await fixture.prepare("app.git#" + old)
            #expect(context.revision == SourceRevision(commit: old, branch: nil))

            try await fixture.git(["--git-dir=.", "update-ref", "-d", "refs/heads/main"], in: "app.git")
            try await fixture.commit(["Dockerfile": "FROM other\n"], to: "main", in: "app.git")
            // The mirror still has it, and the remote lets us in.
            #expect(try await fixture.prepare("app.git#" + old).revision?.commit == old)
        }
    }
}

extension GitFixture {
    /// The copies in the pool.
    func mirrors() -> [String] {
        listDirectory(pool).flatMap { folder in
            listDirectory(pool + "/" + folder).filter { $0.hasSuffix(".git") }.map { "\(pool)/\(folder)/\($0)" }
        }
    }

    /// How many objects each pack of the mirrors holds.
    func packedObjects() throws -> [Int] {
        try mirrors().flatMap { path in
            try listDirectory(path + "/objects/pack").filter { $0.hasSuffix(".pack") }.map { name in
                let head =
                    try FileHandle(forReadingFrom: URL(filePath: "\(path)/objects/pack/\(name)")).read(upToCount: 12)
                    ?? Data()
                return head.suffix(4).reduce(0) { $0 << 8 | Int($1) }
            }
        }
    }

    /// The files of the pool that hold a text.
    func filesHolding(_ text: String) throws -> [String] {
        let names = FileManager.default.enumerator(atPath: pool)?.compactMap { $0 as? String } ?? []
        return names.filter { FileManager.default.contents(atPath: pool + "/" + $0)?.range(of: Data(text.utf8)) != nil }
    }
}
