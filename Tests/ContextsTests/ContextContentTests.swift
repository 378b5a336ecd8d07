import Foundation
import TestSupport
import Testing

@testable import Contexts

struct ContextContentTests {
    @Test func `an archive is told by its first bytes, compressed or not`() async throws {
        try await withTemporaryFolder { folder in
            var tar = TarBuilder()
            tar.add("Dockerfile", content: "FROM scratch\n")
            let plain = folder + "/a.tar"
            try Data(tar.ended).write(to: URL(filePath: plain))
            for program in ["gzip", "bzip2", "xz", "zstd"] { try await ChildProcess.run([program, "-q", "-k", plain]) }

            let files = try FileManager.default.contentsOfDirectory(atPath: folder)

            #expect(files.count == 5)
            for file in files {
                let bytes = try Data(contentsOf: URL(filePath: folder + "/" + file))
                #expect(ContextContent(firstBytes: bytes) == .archive, "\(file)")
            }
        }
    }

    @Test(arguments: ["ustar", "pax", "gnu", "v7"])
    func `a plain archive is one in every format, and with a long name in front`(format: String) async throws {
        try await withTemporaryFolder { folder in
            // Of the formats that can hold it.
            let name = ["pax", "gnu"].contains(format) ? String(repeating: "n", count: 200) : "name"
            try write("content", to: folder + "/" + name)

            try await ChildProcess.run(["tar", "--format=\(format)", "-C", folder, "-cf", folder + "/a.tar", name])

            let bytes = try Data(contentsOf: URL(filePath: folder + "/a.tar"))
            #expect(ContextContent(firstBytes: bytes.prefix(ContextContent.sniffedBytes)) == .archive)
        }
    }

    @Test func `an archive without entries is one`() {
        #expect(ContextContent(firstBytes: [UInt8](repeating: 0, count: 1024)) == .archive)
    }

    @Test(arguments: [
        "", "FROM scratch\n", "<!DOCTYPE html>\n<html>", "# syntax=docker/dockerfile:1\n", "BZ", "\u{1f}",
        String(repeating: "# A comment, and one more.\n", count: 100),
    ])
    func `anything else is a Dockerfile`(text: String) {
        #expect(ContextContent(firstBytes: Array(text.utf8)) == .dockerfile)
    }

    @Test func `a tar header with a wrong checksum begins no archive`() {
        var tar = TarBuilder()
        tar.add("Dockerfile", content: "FROM scratch\n")
        var bytes = tar.ended
        bytes[0] += 1

        #expect(ContextContent(firstBytes: bytes) == .dockerfile)
        #expect(ContextContent(firstBytes: tar.ended.prefix(511)) == .dockerfile)
    }
}
