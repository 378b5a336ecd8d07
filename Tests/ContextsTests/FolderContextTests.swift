import Foundation
import Glibc
import TestSupport
import Testing

@testable import Contexts

struct FolderContextTests {
    @Test func `ignored folders are never opened`() throws {
        try withTemporaryFolder { folder in
            try write("FROM scratch\n", to: folder + "/Dockerfile")
            try write("node_modules\n**/out\n!keep/out/x\n", to: folder + "/.dockerignore")
            for part in 0..<200 {
                try write("x", to: "\(folder)/node_modules/p\(part)/lib/index.js")
                try write("x", to: "\(folder)/src/p\(part)/a.c")
            }
            try write("x", to: folder + "/keep/out/x")
            try write("x", to: folder + "/keep/out/y")
            try write("x", to: folder + "/src/out/deep/y")

            let counter = FolderTree.Counter()
            let context = try FolderContext.prepare(
                folder, dockerfile: .standard, includeGit: false, onNotice: nil, counter: counter)
            let found = try entries(of: context.included).map(\.path.text)

            // The root, src with its 200, keep, keep/out.
            #expect(counter.value == 1 + 201 + 2)
            #expect(found.filter { $0.hasPrefix("keep") } == ["keep", "keep/out", "keep/out/x"])
            #expect(found.count == 2 + 1 + 400 + 3)
        }
    }

    @Test func `.git is left out unless it is asked for`() throws {
        try withTemporaryFolder { folder in
            try write("FROM scratch\n", to: folder + "/Dockerfile")
            try write("x", to: folder + "/.git/HEAD")
            try write("x", to: folder + "/sub/.git/HEAD")

            let without = try entries(of: FolderContext.prepare(folder).included).map(\.path.text)
            let with = try entries(of: FolderContext.prepare(folder, includeGit: true).included).map(\.path.text)

            #expect(without == ["Dockerfile", "sub"])
            #expect(with == [".git", ".git/HEAD", "Dockerfile", "sub"])
        }
    }

    @Test func `a Dockerfile from outside travels under a name of its own, with its rules`() async throws {
        try await withTemporaryFolder { folder in
            try write("FROM outside\n", to: folder + "/ops/Dockerfile")
            try write("*.log\n", to: folder + "/ops/Dockerfile.dockerignore")
            try write("a.txt\n", to: folder + "/app/.dockerignore")
            try write("x", to: folder + "/app/a.txt")
            try write("x", to: folder + "/app/a.log")

            let context = try FolderContext.prepare(folder + "/app", dockerfile: .path("../ops/Dockerfile"))
            let bytes = try await packed(context.upload, compression: .gzip)
            let received = try ArchiveContext.prepare(
                archive(of: bytes), dockerfile: .path(context.uploadDockerfilePath))

            #expect(context.dockerfilePath.wholeMatch(of: /\.dockerfile\.[0-9a-f]{20}/) != nil)
            #expect(!context.isDockerfileIncluded)
            #expect(received.dockerfile == Array("FROM outside\n".utf8))
            let names = [".dockerignore", "a.txt"]
            #expect(try entries(of: context.included).map(\.path.text) == names)
            #expect(try entries(of: received.included).map(\.path.text) == names)
        }
    }

    @Test(arguments: ["", "*\n!src\n", "Dockerfile*\n.dockerignore\n", "**\n"])
    func `an upload is read back as the same context`(_ rules: String) async throws {
        try await withTemporaryFolder { folder in
            try write("FROM scratch\n", to: folder + "/ops/image.df")
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/Dockerfile", withDestinationPath: "ops/image.df")
            try write(rules, to: folder + "/Dockerfile.dockerignore")
            try write("src\n", to: folder + "/.dockerignore")
            try write("x", to: folder + "/src/a/b.c")
            #expect(link(folder + "/src/a/b.c", folder + "/src/second") == 0)
            try write("x", to: folder + "/src/.gitignore")

            let context = try FolderContext.prepare(folder)
            let bytes = try await packed(context.upload, compression: .gzip)
            let received = try ArchiveContext.prepare(
                archive(of: bytes), dockerfile: .path(context.uploadDockerfilePath))

            #expect(try entries(of: received.included).sorted { $0.path < $1.path } == entries(of: context.included))
            #expect(try contents(of: received.included) == contents(of: context.included))
            #expect(received.dockerfile == context.dockerfile)
        }
    }

    @Test func `a folder and a Dockerfile that are not there are errors`() throws {
        try withTemporaryFolder { folder in
            try write("FROM scratch\n", to: folder + "/Dockerfile")
            try write("x", to: folder + "/a")

            #expect(throws: ContextError.notAFolder(folder + "/a/b")) { try FolderContext.prepare(folder + "/a/b") }
            #expect(throws: ContextError.noDockerfile("nope")) {
                try FolderContext.prepare(folder, dockerfile: .path("nope"))
            }
        }
    }
}
