import CurlHTTP
import Foundation
import Glibc
import TaskModel
import TestSupport
import Testing

@testable import Contexts

/// What is fetched, and what is not, with both versions of git's protocol.
struct GitFetchTests {
    private static let text = (0..<20_000).map { "line \($0 &* 7919 % 10_007)\n" }.joined()

    /// A repository with five commits on `main`, of which the first three had a large file each.
    private func makeHistory(_ fixture: GitFixture) async throws -> [String] {
        try await fixture.makeRepository("app.git")
        var ids = [try await fixture.git(["--git-dir=.", "rev-parse", "main"], in: "app.git")]
        for number in 1...4 {
            ids.append(
                try await fixture.commit(
                    ["big": "\(number)" + Self.text, "new\(number)": "\(number)"], to: "main", in: "app.git"))
        }
        return ids
    }

    /// What git itself says of the only mirror.
    private func git(_ fixture: GitFixture, _ arguments: String...) async throws -> String {
        let mirror = try #require(fixture.mirrors().first)
        return try await ChildProcess.run(
            ["git", "--git-dir=" + mirror] + arguments, environment: ["PATH": "/usr/bin:/bin", "HOME": "/"])
    }

    @Test(arguments: [false, true])
    func `a commit is fetched without those before it`(_ isOld: Bool) async throws {
        try await GitFixture.run(isOld: isOld) { fixture in
            let ids = try await makeHistory(fixture)

            let context = try await fixture.prepare("app.git")

            #expect(context.revision == SourceRevision(commit: ids[4], branch: "main"))
            #expect(try contents(of: context.included)["big"] == "4" + Self.text)
            // The commit, its tree, and six files of which none is an older version.
            #expect(try fixture.packedObjects() == [8])
            #expect(try await git(fixture, "rev-list", "--count", ids[4]) == "1")
            #expect(try await git(fixture, "cat-file", "-p", "\(ids[4])^{tree}").split(separator: "\n").count == 6)
        }
    }

    @Test(arguments: [false, true])
    func `a later commit comes as a change to what is there`(_ isOld: Bool) async throws {
        try await GitFixture.run(isOld: isOld) { fixture in
            _ = try await makeHistory(fixture)
            _ = try await fixture.prepare("app.git")
            let id = try await fixture.commit(["big": Self.text + "end\n"], to: "main", in: "app.git")

            let context = try await fixture.prepare("app.git")

            #expect(context.revision?.commit == id)
            #expect(try contents(of: context.included)["big"] == Self.text + "end\n")
            #expect(try contents(of: context.included).count == 6)
            // A commit, a tree and the changed file, with the versions that the last two were told apart from.
            #expect(try fixture.packedObjects().sorted() == [5, 8])
            _ = try await git(fixture, "fsck", "--full", "--strict")
        }
    }

    @Test(arguments: [false, true])
    func `branches, tags, other refs and commits by id all give their commit`(_ isOld: Bool) async throws {
        try await GitFixture.run(isOld: isOld) { fixture in
            let ids = try await makeHistory(fixture)
            let server = { (arguments: [String]) in
                try await fixture.git(["--git-dir=."] + arguments, in: "app.git")
            }
            _ = try await server(["tag", "light", ids[1]])
            _ = try await server(["tag", "-a", "-m", "note", "heavy", ids[2]])
            _ = try await server(["update-ref", "refs/pull/7/head", ids[3]])
            func commit(_ fragment: String) async throws -> String? {
                try await fixture.prepare("app.git#" + fragment).revision?.commit
            }

            #expect(try await commit("light") == ids[1])
            #expect(try await commit("heavy") == ids[2])
            #expect(try await commit("refs/tags/heavy") == ids[2])
            #expect(try await commit("pull/7/head") == ids[3])
            #expect(try await commit("main") == ids[4])
            #expect(try await commit(ids[0]) == ids[0])
            #expect(try await commit(ids[4]) == ids[4])
        }
    }

    @Test(arguments: [false, true])
    func `a commit that no tip is at is fetched alone`(_ isOld: Bool) async throws {
        try await GitFixture.run(isOld: isOld) { fixture in
            let ids = try await makeHistory(fixture)

            let context = try await fixture.prepare("app.git#" + ids[1])

            #expect(try contents(of: context.included)["big"] == "1" + Self.text)
            #expect(try fixture.packedObjects() == [5])
            #expect(try await git(fixture, "rev-list", "--count", ids[1]) == "1")
        }
    }

    @Test(arguments: [false, true])
    func `a short commit id is looked up in the whole history`(_ isOld: Bool) async throws {
        try await GitFixture.run(isOld: isOld) { fixture in
            let ids = try await makeHistory(fixture)
            _ = try await fixture.prepare("app.git")

            let context = try await fixture.prepare("app.git#" + ids[2].prefix(9))

            #expect(context.revision?.commit == ids[2])
            #expect(try await git(fixture, "rev-list", "--count", ids[4]) == "5")
        }
    }

    @Test func `D8 the commit that was resolved is built when the branch moves`() async throws {
        try await GitFixture.run { fixture in
            let ids = try await makeHistory(fixture)
            let context = try await fixture.prepare("app.git")
            try await fixture.commit(["big": "moved"], to: "main", in: "app.git")
            _ = try await fixture.prepare("app.git")

            #expect(context.revision?.commit == ids[4])
            #expect(try contents(of: context.included)["big"] == "4" + Self.text)
        }
    }

    @Test(arguments: [false, true])
    func `D8 a commit that was resolved before is built once more when the branch has moved or is gone`(isGone: Bool)
        async throws
    {
        try await GitFixture.run { fixture in
            let ids = try await makeHistory(fixture)
            try await fixture.commit(["big": "moved"], to: "main", in: "app.git")
            if isGone {
                try await fixture.git(["--git-dir=.", "branch", "kept", "main"], in: "app.git")
                try await fixture.git(["--git-dir=.", "update-ref", "-d", "refs/heads/main"], in: "app.git")
            }

            let context = try await GitContext.prepare(
                try fixture.reference("app.git#main").pinned(to: ids[4]), pool: fixture.pool, access: fixture.access())

            #expect(context.revision == SourceRevision(commit: ids[4], branch: isGone ? nil : "main"))
            #expect(try contents(of: context.included)["big"] == "4" + Self.text)
        }
    }

    @Test func `S9 a file that would take too much memory is refused by name, unless rules drop it`() async throws {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository("app.git", files: ["Dockerfile": "FROM scratch\n", "small": "x"])
            let file = fixture.folder + "/large"
            #expect(FileManager.default.createFile(atPath: file, contents: nil))
            #expect(truncate(file, off_t(GitLibrary.largestObject + 8192)) == 0)
            let id = try await fixture.git(["--git-dir=.", "hash-object", "-w", file], in: "app.git")
            try await fixture.git(
                ["--git-dir=.", "update-index", "--add", "--cacheinfo", "100644,\(id),sub/large"], in: "app.git")
            let tree = try await fixture.git(["--git-dir=.", "write-tree"], in: "app.git")
            let commit = try await fixture.git(["--git-dir=.", "commit-tree", tree, "-m", "large"], in: "app.git")
            try await fixture.git(["--git-dir=.", "update-ref", "refs/heads/main", commit], in: "app.git")
            let context = try await fixture.prepare("app.git")

            let error = #expect(throws: ContextError.self) { try contents(of: context.included) }

            #expect(error?.apiCode == "ContextTooLarge")
            #expect(error?.description.contains("'sub/large'") == true)
            try await fixture.commit([".dockerignore": "sub\n"], to: "main", in: "app.git")
            #expect(
                try contents(of: try await fixture.prepare("app.git").included).keys.sorted() == [
                    ".dockerignore", "Dockerfile", "small",
                ])
        }
    }

    @Test func `S9 a change that says it makes a gigabyte is refused before anything is made`() async throws {
        let script = """
            import hashlib, struct, sys, zlib
            def number(value, first=0, bits=7):
                out, value = [first | value & (1 << bits) - 1], value >> bits
                while value:
                    out[-1] |= 128
                    out.append(value & 127)
                    value >>= 7
                return bytes(out)
            base = bytes(65536)
            # Each byte copies 64 KiB from the start of the base.
            delta = number(len(base)) + number(1 << 30) + b"\\x80" * (1 << 14)
            pack = b"PACK" + struct.pack(">II", 2, 2) + number(len(base), 3 << 4, 4) + zlib.compress(base)
            pack += number(len(delta), 7 << 4, 4) + hashlib.sha1(b"blob 65536\\0" + base).digest() + zlib.compress(delta)
            open(sys.argv[1], "wb").write(pack + hashlib.sha1(pack).digest())
            """
        try await withTemporaryFolder { folder in
            try await ChildProcess.run(["python3", "-c", script, folder + "/pack"])
            try GitRepository.create(at: folder + "/mirror.git")
            let repository = try GitRepository(opening: folder + "/mirror.git")
            let fixture = GitFixture(folder: folder, origin: "http://127.0.0.1:1")
            let bytes = Array(try Data(contentsOf: URL(filePath: folder + "/pack")))
            let failure = try await TaskBridge.scope { bridge in
                let session = GitSession(
                    try fixture.reference("app.git"), access: fixture.access(), bridge: bridge, progress: nil)
                return #expect(throws: GitFailure.self) {
                    let writer = try GitPackWriter(repository, session)
                    try writer.append(bytes[...])
                    try writer.finish()
                }
            }

            #expect(failure?.isTooLarge == true, "\(String(describing: failure))")
        }
    }

    @Test func `an answer that is broken off or garbled is the server's fault, in words`() async throws {
        let head =
            "HTTP/1.1 200 OK\\r\\nContent-Type: application/x-git-upload-pack-advertisement\\r\\nConnection: close\\r\\n\\r\\n"
        let id = String(repeating: "1", count: 40)
        for (body, words) in [
            ("zzzz", "no length"), ("0003", "length 3"), ("00ffabc", "middle of a packet"),
            ("00", "middle of a packet"),
            ("001e# service=git-upload-pack\\n00000035ERR \\x1b[31mno\\n", "middle of a packet"),
            ("000eversion 2\\n0017object-format=sha256\\n0000".replacing("0017", with: "0019"), "not by SHA-1"),
            ("003d\(id) HEAD\\0 agent=x\\n0000".replacing("003d", with: "003b"), "no pack"),
        ] {
            let script = """
                import http.server, sys
                class Handler(http.server.BaseHTTPRequestHandler):
                    def do_GET(self):
                        self.wfile.write(b"\(head)" + b"\(body)")
                    def do_POST(self):
                        self.wfile.write(b"\(head)".replace(b"advertisement", b"result") + b"0008NAK\\n0000")
                    def log_message(self, *_): pass
                server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
                print(server.server_address[1], flush=True)
                server.serve_forever()
                """
            let server = try ChildProcess(["python3", "-c", script])
            defer { server.stop() }
            try await withTemporaryFolder { folder in
                let port = try await server.wait { $0.firstLine }
                let fixture = GitFixture(folder: folder, origin: "http://127.0.0.1:\(port)")
                let error = await #expect(throws: ContextError.self) { try await fixture.prepare("app.git") }
                #expect(error?.code == "unreachable", "\(body): \(String(describing: error))")
                #expect(error?.description.contains(words) == true, "\(body): \(String(describing: error))")
            }
        }
    }
}

struct GitCacheTests {
    @Test func `mirrors longest unused go first, and those in use stay`() async throws {
        try await GitFixture.run { fixture in
            let bytes = String((0..<100_000).map { _ in "abcdefghijklmnopqrstuvwxyz0123456789".randomElement() ?? "x" })
            for name in ["a.git", "b.git", "c.git", "d.git"] {
                try await fixture.makeRepository(name, files: ["Dockerfile": "FROM scratch\n", "big": bytes + name])
            }
            func mirror(_ name: String) throws -> String {
                fixture.pool + "/" + sha256(try fixture.reference(name).remote).prefix(40)
            }
            let held = try await fixture.prepare("a.git")
            _ = try await fixture.prepare("b.git")
            _ = try await fixture.prepare("c.git")
            let size = bytesOnDisk(try mirror("c.git"))

            _ = try await fixture.prepare("d.git", access: fixture.access(cacheBytes: size * 3 + size / 2))

            #expect(bytesOnDisk(try mirror("a.git")) > 0, "the oldest, in use")
            #expect(bytesOnDisk(try mirror("b.git")) == 0)
            #expect(bytesOnDisk(try mirror("c.git")) > 0)
            #expect(bytesOnDisk(try mirror("d.git")) > 0)
            #expect(try contents(of: held.included)["big"] == bytes + "a.git")
            #expect(try contents(of: try await fixture.prepare("b.git").included)["big"] == bytes + "b.git")
        }
    }
}
