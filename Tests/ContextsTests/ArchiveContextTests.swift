import Foundation
import Glibc
import TestSupport
import Testing

@testable import Contexts

struct ArchiveContextTests {
    private func error(
        _ bytes: [UInt8], dockerfile: DockerfileChoice = .bytes([]), limits: ContextLimits = ContextLimits()
    ) -> ContextError? {
        do {
            let context = try ArchiveContext.prepare(archive(of: bytes), dockerfile: dockerfile, limits: limits)
            _ = try contents(of: context.included)
            return nil
        } catch let error as ContextError {
            return error
        } catch {
            return nil
        }
    }

    private func paths(_ tar: TarBuilder, dockerfile: DockerfileChoice = .bytes([])) throws -> [String] {
        try entries(of: ArchiveContext.prepare(archive(of: tar.ended), dockerfile: dockerfile).included).map(
            \.path.text)
    }

    @Test func `an archive of the Azure CLI is taken: root named slash, renamed Dockerfile last, duplicates`() throws {
        let renamed = String(repeating: "0a", count: 16) + "_Dockerfile"
        var tar = TarBuilder()
        tar.add("/", type: "5", mode: 0o755)
        tar.add("Dockerfile", content: "FROM old\n")
        tar.add("node_modules/x/index.js", content: "x")
        tar.add(".dockerignore", content: "node_modules/\n/tmp\n")
        tar.add("tmp/y", content: "y")
        tar.add("a", content: "first")
        tar.add("a", content: "second")
        tar.add(renamed, content: "FROM new\n")

        let context = try ArchiveContext.prepare(archive(of: tar.ended), dockerfile: .path(renamed))

        #expect(context.dockerfile == Array("FROM new\n".utf8))
        #expect(context.ignoreFile == ".dockerignore")
        #expect(!context.isDockerfileIncluded)
        #expect(try entries(of: context.included).map(\.path.text) == ["Dockerfile", ".dockerignore", "a"])
        #expect(try contents(of: context.included)["a"] == "second")
        let carried = try ArchiveContext.prepare(archive(of: tar.ended), dockerfile: .path(renamed)).carried
        #expect(carried.map(\.entry.path.text) == [renamed])
    }

    /// An archive of the Azure CLI that was packed from `Dockerfile`.
    private func withCopy(_ copy: String, of dockerfile: String, ignoring rules: (file: String, text: String))
        -> [UInt8]
    {
        var tar = TarBuilder()
        tar.add("Dockerfile", content: dockerfile)
        tar.add(rules.file, content: rules.text)
        tar.add("a", content: "x")
        tar.add("b", content: "x")
        tar.add(copy, content: dockerfile)
        return tar.ended
    }

    @Test func `a renamed copy of the Dockerfile stands for the one in the context`() throws {
        let copy = String(repeating: "0a", count: 16) + "_Dockerfile"
        let bytes = withCopy(copy, of: "FROM scratch\n", ignoring: (".dockerignore", "/a\n"))

        let context = try ArchiveContext.prepare(archive(of: bytes), dockerfile: .path(copy))

        #expect(context.dockerfilePath == "Dockerfile")
        #expect(context.isDockerfileIncluded)
        #expect(try entries(of: context.included).map(\.path.text) == ["Dockerfile", ".dockerignore", "b"])
    }

    @Test func `a renamed copy has the ignore file of the Dockerfile`() throws {
        let copy = String(repeating: "0a", count: 16) + "_Dockerfile"
        let bytes = withCopy(copy, of: "FROM scratch\n", ignoring: ("Dockerfile.dockerignore", "/a\n"))

        let context = try ArchiveContext.prepare(archive(of: bytes), dockerfile: .path(copy))

        #expect(context.ignoreFile == "Dockerfile.dockerignore")
        #expect(try entries(of: context.included).map(\.path.text) == ["Dockerfile", "Dockerfile.dockerignore", "b"])
    }

    @Test func `a renamed copy of a Dockerfile that is ignored is no part of the context`() throws {
        let copy = String(repeating: "0a", count: 16) + "_Dockerfile"
        let bytes = withCopy(copy, of: "FROM scratch\n", ignoring: (".dockerignore", "Dockerfile\n"))

        let context = try ArchiveContext.prepare(archive(of: bytes), dockerfile: .path(copy))

        #expect(!context.isDockerfileIncluded)
        #expect(context.dockerfile == Array("FROM scratch\n".utf8))
        #expect(try entries(of: context.included).map(\.path.text) == [".dockerignore", "a", "b"])
    }

    @Test func `.git that was packed on purpose stays although the ignore file names it`() throws {
        var tar = TarBuilder()
        tar.add("Dockerfile", content: "FROM scratch\n")
        tar.add(".dockerignore", content: ".git\n")
        tar.add(".git/HEAD", content: "x")

        func paths(includeGit: Bool) throws -> [String] {
            try entries(of: ArchiveContext.prepare(archive(of: tar.ended), includeGit: includeGit).included).map(
                \.path.text)
        }

        #expect(try paths(includeGit: false) == ["Dockerfile", ".dockerignore"])
        #expect(try paths(includeGit: true) == ["Dockerfile", ".dockerignore", ".git", ".git/HEAD"])
    }

    @Test func `hard links keep their content when rules drop the first name`() throws {
        var tar = TarBuilder()
        tar.add("Dockerfile", content: "FROM scratch\n")
        tar.add(".dockerignore", content: "first\n")
        tar.add("first", content: "data")
        tar.add("second", type: "1", target: "first")
        tar.add("third", type: "1", target: "second")
        tar.add("df", type: "1", target: "Dockerfile")

        let context = try ArchiveContext.prepare(archive(of: tar.ended), dockerfile: .path("df"))

        #expect(context.dockerfile == Array("FROM scratch\n".utf8))
        let found = try entries(of: context.included)
        #expect(found.map(\.path.text) == ["Dockerfile", ".dockerignore", "second", "third", "df"])
        #expect(found[2].kind == .file(size: 4))
        #expect(found[3].kind == .hardLink(target: EntryPath("second")))
        #expect(found[4].kind == .hardLink(target: EntryPath("Dockerfile")))
        #expect(try contents(of: context.included)["second"] == "data")
    }

    @Test func `a link to what is not there fails, unless rules drop it`() throws {
        var tar = TarBuilder()
        tar.add("x", type: "1", target: "missing")
        #expect(error(tar.ended)?.apiCode == "ArchiveEntryRefused")

        tar.add(".dockerignore", content: "x\n")
        #expect(error(tar.ended) == nil)
    }

    @Test func `parents that are left out are made`() throws {
        var tar = TarBuilder()
        tar.add("./a/b/c", content: "x")
        tar.add("a/", type: "5", mode: 0o700)

        let found = try entries(of: ArchiveContext.prepare(archive(of: tar.ended), dockerfile: .bytes([])).included)

        #expect(found.map(\.path.text) == ["a", "a/b", "a/b/c"])
        #expect(found.map(\.mode) == [0o700, 0o755, 0o644])
    }

    @Test(arguments: [
        ("../x", "0", ""), ("a/../../x", "0", ""), ("/etc/passwd", "0", ""), ("dev", "3", ""), ("dev", "4", ""),
        ("l/x", "0", ""),
        ("f/x", "0", ""), ("h", "1", "../x"), ("h", "1", "d"),
    ])
    func `S7 an entry that could lead out of the context is refused`(_ name: String, _ type: String, _ target: String) {
        var tar = TarBuilder()
        tar.add("l", type: "2", target: "/tmp")
        tar.add("f", content: "file")
        tar.add("d", type: "5")
        tar.add(name, type: Character(type), target: target)

        #expect(error(tar.ended)?.apiCode == "ArchiveEntryRefused")
    }

    @Test func `S7 links with any target and fifos pass`() throws {
        var tar = TarBuilder()
        tar.add("l", type: "2", target: "/etc/passwd")
        tar.add("m", type: "2", target: "../../..")
        tar.add("p", type: "6")

        #expect(try paths(tar) == ["l", "m", "p"])
    }

    @Test func `S8 limits hold at their values`() throws {
        var tar = TarBuilder()
        tar.add("a/b/c", content: String(repeating: "x", count: 5000))
        tar.add("d", content: "y")
        func check(_ change: (inout ContextLimits) -> Void) -> ContextError? {
            var limits = ContextLimits()
            change(&limits)
            return error(tar.ended, limits: limits)
        }

        // Two, and the two folders that are made for the first.
        #expect(check { $0.entries = 4 } == nil)
        #expect(check { $0.entries = 3 }?.apiCode == "ContextTooLarge")
        #expect(check { $0.entries = 1 }?.apiCode == "ContextTooLarge")
        #expect(check { $0.depth = 3 } == nil)
        #expect(check { $0.depth = 2 }?.apiCode == "ContextTooLarge")
        #expect(check { $0.nameBytes = 5 } == nil)
        #expect(check { $0.nameBytes = 4 }?.apiCode == "ContextTooLarge")
        #expect(check { $0.packedBytes = Int64(tar.ended.count) } == nil)
        #expect(check { $0.packedBytes = 5000 }?.apiCode == "ContextTooLarge")
        #expect(check { $0.unpackedBytes = 4999 }?.apiCode == "ContextTooLarge")
    }

    @Test func `S8 what is compressed too far is refused`() async throws {
        let zeros = InMemoryEntry(file: "zeros", bytes: [UInt8](repeating: 0, count: 70 << 20))
        let bytes = try await packed(InMemoryWalk([zeros]), compression: .gzip)

        #expect(error(bytes)?.apiCode == "ContextTooLarge")
    }

    @Test func `what is no archive, or half of one, is a clear error`() async throws {
        var tar = TarBuilder()
        tar.add("Dockerfile", content: String(repeating: "FROM scratch\n", count: 1000))
        let zipped = try await packed(
            InMemoryWalk([InMemoryEntry(file: "a", bytes: (0..<100_000).map { UInt8($0 * $0 >> 5 & 255) })]),
            compression: .gzip)

        #expect(error(Array("this is text, not an archive".utf8))?.code == "bad-archive")
        #expect(error([])?.code == "bad-archive")
        #expect(error([UInt8](repeating: 0x1f, count: 10_000))?.code == "bad-archive")
        for part in [100, 512, 700, tar.bytes.count / 2] {
            #expect(error(Array(tar.bytes.prefix(part)))?.code == "bad-archive", "\(part)")
        }
        for part in [12, zipped.count / 2, zipped.count - 4] {
            #expect(error(Array(zipped.prefix(part)))?.code == "bad-archive", "\(part)")
        }
    }

    @Test(arguments: ["gzip", "bzip2", "xz", "zstd"])
    func `the compression is found by content`(_ program: String) async throws {
        try await withTemporaryFolder { folder in
            var tar = TarBuilder()
            tar.add("Dockerfile", content: "FROM scratch\n")
            try Data(tar.ended).write(to: URL(filePath: folder + "/a.tar"))
            try await ChildProcess.run([program, "-q", folder + "/a.tar"])
            let name = try #require(FileManager.default.contentsOfDirectory(atPath: folder).first { $0 != "a.tar" })

            let context = try ArchiveContext.prepare(ArchiveSource(file: folder + "/" + name))

            #expect(context.dockerfile == Array("FROM scratch\n".utf8))
            #expect(try entries(of: context.included).map(\.path.text) == ["Dockerfile"])
        }
    }

    @Test func `S24 no input ends the process`() throws {
        var generator = SystemRandomNumberGenerator()
        var tar = TarBuilder()
        tar.add("Dockerfile", content: "FROM scratch\n")
        tar.add("日本", content: "x")
        tar.add("l", type: "2", target: "x")
        for _ in 0..<300 {
            var bytes = tar.ended
            for _ in 0..<Int.random(in: 1...20, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            _ = error(bytes)
        }
    }
}
