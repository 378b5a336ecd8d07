import CurlHTTP
import Foundation
import Glibc
import TestSupport
import Synchronization
import Testing

@testable import Contexts

/// What other programs read in the archives that are packed here.
struct TarDetailsTests {
    /// A member as Python's tarfile sees it.
    private struct Member: Decodable {
        /// In hexadecimal.
        let name: String
        let link: String
        let type: String
        let mode: Int
        let size: Int64
        let time: Double
        let owner: [String]
        let records: [String: String]
        let data: String

        var path: [UInt8] { bytes(name) }
        var target: [UInt8] { bytes(link) }

        private func bytes(_ digits: String) -> [UInt8] {
            let digits = Array(digits.utf8)
            return stride(from: 0, to: digits.count, by: 2).map {
                UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16) ?? 0
            }
        }
    }

    private static let script = """
        import json, os, sys, tarfile
        members = []
        with tarfile.open(sys.argv[1], sys.argv[2], encoding="utf-8", errors="surrogateescape") as tar:
            for item in tar:
                members.append({
                    "name": os.fsencode(item.name).hex(), "link": os.fsencode(item.linkname).hex(),
                    "type": item.type.decode(), "mode": item.mode, "size": item.size, "time": item.mtime,
                    "owner": [str(item.uid), str(item.gid), item.uname, item.gname],
                    "records": {key: os.fsencode(value).hex() for key, value in item.pax_headers.items()},
                    "data": tar.extractfile(item).read(64).hex() if sys.argv[3] == "data" and item.isreg() else "",
                })
                if sys.argv[3] == "first": break
        print(json.dumps(members))
        """

    /// - Parameter what: `data` for the contents, `first` for the first member only, or `names`.
    private func members(of bytes: [UInt8], mode: String = "r:", _ what: String = "names", in folder: String)
        async throws -> [Member]
    {
        let file = folder + "/packed.tar"
        try Data(bytes).write(to: URL(filePath: file))
        let text = try await ChildProcess.run(["python3", "-c", Self.script, file, mode, what])
        return try JSONDecoder().decode([Member].self, from: Data(text.utf8))
    }

    private func file(_ path: [UInt8], modified: Int64 = 1_700_000_000, capability: FileCapability? = nil)
        -> InMemoryEntry
    {
        InMemoryEntry(
            ContextEntry(
                path: EntryPath(bytes: path), kind: .file(size: 2), mode: 0o644, modified: modified,
                capability: capability), bytes: Array("x\n".utf8))
    }

    private func file(_ path: String, modified: Int64 = 1_700_000_000) -> InMemoryEntry {
        file(Array(path.utf8), modified: modified)
    }

    @Test func `Python reads every name, whatever its length and bytes`() async throws {
        let names: [[UInt8]] = [
            Array("a".utf8), Array(String(repeating: "n", count: 99).utf8),
            Array(String(repeating: "n", count: 100).utf8),
            Array(String(repeating: "n", count: 255).utf8),
            Array((String(repeating: "d", count: 155) + "/" + String(repeating: "e", count: 100)).utf8),
            Array(Array(repeating: String(repeating: "f", count: 200), count: 15).joined(separator: "/").utf8),
            Array("日本語/🐳".utf8), [0x63, 0x61, 0x66, 0xe9], [0xff, 0xfe, 0x2f, 0x78],
            [UInt8](repeating: 0xe9, count: 255), Array("new\nline".utf8), Array("back\\slash ".utf8), [0x01, 0x7f],
        ]

        let packed = try await packed(InMemoryWalk(names.map { file($0) }))
        let found = try await withTemporaryFolder { try await members(of: packed, "data", in: $0) }

        #expect(found.map(\.path) == names)
        #expect(found.allSatisfy { $0.data == "780a" && $0.owner == ["0", "0", "", ""] })
        // Only where the name does not fit or is not ASCII.
        let needing = zip(names, found).filter { $0.0.count > 100 && $0.0.count != 256 || $0.0.contains { $0 > 0x7f } }
        #expect(needing.allSatisfy { $0.1.records["path"] != nil })
        #expect(found.count { !$0.records.isEmpty } == needing.count)
    }

    @Test func `times that no header holds are in a pax record, and no field is binary`() async throws {
        let times: [Int64] = [0, 1_700_000_000, -2, -1 << 40, 1 << 33, 1 << 34, (1 << 33) - 1]

        let packed = try await packed(
            InMemoryWalk(times.enumerated().map { file("t\($0.offset)", modified: $0.element) }))
        let found = try await withTemporaryFolder { try await members(of: packed, in: $0) }

        #expect(found.map(\.time) == times.map(Double.init))
        for header in headers(of: packed) {
            #expect(packed[header + 136] < 0x40, "the time is octal")
            let sum = packed[header..<(header + 512)].enumerated().reduce(0) {
                $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element))
            }
            #expect(Int(String(decoding: packed[(header + 148)..<(header + 154)], as: UTF8.self), radix: 8) == sum)
        }
    }

    /// Where headers begin in an archive without large files.
    private func headers(of tar: [UInt8]) -> [Int] {
        var offsets: [Int] = []
        var offset = 0
        while offset < tar.count, tar[offset] != 0 {
            offsets.append(offset)
            let size = Int(String(decoding: tar[(offset + 124)..<(offset + 135)], as: UTF8.self), radix: 8) ?? 0
            offset += 512 + (size + 511) / 512 * 512
        }
        return offsets
    }

    @Test func `a file of 9 GiB has its size in a pax record, and packing it can be broken off`() async throws {
        try await withTemporaryFolder { folder in
            try write("FROM scratch\n", to: folder + "/context/Dockerfile")
            try write("", to: folder + "/context/big")
            #expect(truncate(folder + "/context/big", 9 << 30) == 0)
            let context = try FolderContext.prepare(folder + "/context")

            let pipe = BytePipe()
            let packing = Task { try await ContextPacker.packInBackground(context.included, into: pipe) }
            var begin: [UInt8] = []
            while begin.count < 1 << 20, let chunk = try await pipe.read() { begin += chunk }
            pipe.abandon()
            await #expect(throws: BytePipeError.abandoned) { try await packing.value }
            let second = Array(begin.dropFirst(1024))
            let found = try await members(of: second, mode: "r|", "first", in: folder)

            #expect(found.first?.path == Array("big".utf8) && found.first?.size == 9 << 30)
            #expect(found.first?.records.keys.contains("size") == true)
        }
    }

    @Test func `sparse files read as zeros`() async throws {
        try await withTemporaryFolder { folder in
            try write("FROM scratch\n", to: folder + "/Dockerfile")
            try write("x", to: folder + "/sparse")
            #expect(truncate(folder + "/sparse", 3 << 20) == 0)

            let bytes = try await packed(FolderContext.prepare(folder).included)
            let found = try contents(of: ArchiveContext.prepare(archive(of: bytes)).included)["sparse"]?.utf8

            #expect(found?.count == 3 << 20 && found?.first == 0x78)
            #expect(found?.dropFirst().allSatisfy { $0 == 0 } == true)
        }
    }

    @Test func `GNU tar unpacks the tree that was packed`() async throws {
        try await withTemporaryFolder { folder in
            let tree = folder + "/tree"
            try write("FROM scratch\n", to: tree + "/Dockerfile")
            try write("x", to: tree + "/src/a/" + String(repeating: "n", count: 200))
            try write(String(repeating: "text ", count: 100_000), to: tree + "/src/large")
            try write("é", to: tree + "/src/日本語")
            #expect(mkdir(tree + "/empty", 0o700) == 0)
            #expect(link(tree + "/src/large", tree + "/src/second") == 0)
            #expect(symlink("src/large", tree + "/link") == 0)
            #expect(symlink("/nowhere/" + String(repeating: "t", count: 200), tree + "/dangling") == 0)
            #expect(mkfifo(tree + "/pipe", 0o640) == 0)
            #expect(chmod(tree + "/src/large", 0o6755) == 0)
            #expect(withCString(Array((tree + "/caf").utf8) + [0xe9]) { mkdir($0, 0o1777) } == 0)
            let context = try FolderContext.prepare(tree)
            let bytes = try await packed(context.included)
            try Data(bytes).write(to: URL(filePath: folder + "/packed.tar"))
            #expect(mkdir(folder + "/out", 0o755) == 0)

            try await ChildProcess.run([
                "tar", "--extract", "--preserve-permissions", "--warning=no-unknown-keyword", "--file",
                folder + "/packed.tar", "--directory", folder + "/out",
            ])
            let unpacked = try FolderContext.prepare(folder + "/out")

            #expect(try entries(of: unpacked.included) == entries(of: context.included))
            #expect(try await packed(unpacked.included) == bytes)
        }
    }

    @Test func `a socket is an empty file, with a notice`() async throws {
        try await withTemporaryFolder { folder in
            try write("FROM scratch\n", to: folder + "/Dockerfile")
            #expect(mknod(folder + "/socket", S_IFSOCK | 0o600, 0) == 0)
            let notices = Notices()

            let context = try FolderContext.prepare(folder) { notices.add($0) }
            let bytes = try await packed(context.included)
            let found = try await withTemporaryFolder { try await members(of: bytes, in: $0) }

            #expect(found.map(\.type) == ["0", "0"])
            #expect(found.last?.size == 0 && found.last?.mode == 0o600)
            #expect(notices.all.count == 1 && notices.all[0].contains("socket"))
        }
    }

    @Test func `a file that grows is cut, one that shrinks or is replaced is an error`() throws {
        func walk(_ change: (String) -> Void) throws -> [String: String] {
            try withTemporaryFolder { folder in
                try write("FROM scratch\n", to: folder + "/Dockerfile")
                try write("text", to: folder + "/a")
                try write("text", to: folder + "/b")
                var result: [String: String] = [:]
                try FolderContext.prepare(folder).included.forEachEntry { entry, content in
                    if entry.path.text == "a" { change(folder) }
                    guard case .file(let size) = entry.kind else { return }
                    result[entry.path.text] = String(
                        decoding: try readAll(content, size: size, path: entry.path), as: UTF8.self)
                }
                return result
            }
        }

        #expect(try walk { truncate($0 + "/a", 100) }["a"] == "text")
        #expect(throws: ContextError.changedWhileReading("a")) { try walk { truncate($0 + "/a", 2) } }
        #expect(throws: ContextError.unreadable("b", reason: "it does not exist any more")) {
            try walk { unlink($0 + "/b") }
        }
        #expect(throws: ContextError.unreadable("b", reason: "it changed while it was read")) {
            try walk {
                unlink($0 + "/b")
                symlink("a", $0 + "/b")
            }
        }
        #expect(throws: ContextError.unreadable("b", reason: "it changed while it was read")) {
            try walk {
                unlink($0 + "/b")
                mkfifo($0 + "/b", 0o644)
            }
        }
    }

    // MARK: Capabilities

    /// `cap_net_raw=ep`.
    private static let version2: [UInt8] = [1, 0, 0, 2, 0, 0x20, 0, 0] + [UInt8](repeating: 0, count: 12)
    private static let version3: [UInt8] = [1, 0, 0, 3, 0, 0x20, 0, 0] + [UInt8](repeating: 0, count: 16)

    @Test func `capabilities are version 2, whichever they were`() {
        #expect(FileCapability(Self.version2)?.bytes == Self.version2)
        #expect(FileCapability(Self.version3)?.bytes == Self.version2)
        #expect(FileCapability([1, 0, 0, 3]) == nil)
        #expect(FileCapability([]) == nil)
    }

    @Test(.enabled(if: geteuid() == 0, "only root may set capabilities"))
    func `a file's capability travels and no other attribute does`() async throws {
        try await withTemporaryFolder { folder in
            try write("FROM scratch\n", to: folder + "/Dockerfile")
            try write("x", to: folder + "/plain")
            try write("x", to: folder + "/ping")
            let digits = hexadecimal(Self.version2)
            try await ChildProcess.run([
                "python3", "-c",
                """
                import os, sys
                os.setxattr(sys.argv[1] + "/ping", "security.capability", bytes.fromhex(sys.argv[2]))
                os.setxattr(sys.argv[1] + "/plain", "user.note", b"x")
                """, folder, digits,
            ])

            let context = try FolderContext.prepare(folder)
            let bytes = try await packed(context.upload)
            let found = try await withTemporaryFolder { try await members(of: bytes, in: $0) }
            let received = try ArchiveContext.prepare(archive(of: bytes))

            #expect(found.map(\.records) == [[:], [FileCapability.record: digits], [:]])
            #expect(try entries(of: received.included).map { $0.capability?.bytes } == [nil, Self.version2, nil])
            #expect(try await packed(received.included) == bytes)
        }
    }

    @Test func `an upload's other attributes are dropped, its capabilities are made version 2`() async throws {
        try await withTemporaryFolder { folder in
            let records = [
                FileCapability.record: hexadecimal(Self.version3), "SCHILY.xattr.user.note": "78",
                "SCHILY.xattr.trusted.overlay.opaque": "79",
            ]
            let text = try JSONEncoder().encode(records)
            try await ChildProcess.run([
                "python3", "-c",
                """
                import io, json, os, sys, tarfile
                with tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT) as tar:
                    item = tarfile.TarInfo("ping")
                    item.pax_headers = {
                        key: bytes.fromhex(value).decode("utf-8", "surrogateescape")
                        for key, value in json.loads(sys.argv[2]).items()}
                    tar.addfile(item, io.BytesIO())
                """, folder + "/upload.tar", String(decoding: text, as: UTF8.self),
            ])

            let context = try ArchiveContext.prepare(
                ArchiveSource(file: folder + "/upload.tar"), dockerfile: .bytes([]))
            let bytes = try await packed(context.included, first: [file("first")])
            let found = try await members(of: bytes, in: folder)

            #expect(found.last?.records == [FileCapability.record: hexadecimal(Self.version2)])
        }
    }

    // MARK: The same tree

    @Test func `a folder, a commit and an upload with one tree and one time give the same bytes`() async throws {
        try await GitFixture.run { fixture in
            let tree = fixture.folder + "/tree"
            try write("FROM scratch\nCOPY . /\n", to: tree + "/Dockerfile")
            try write("*.log\nsub\n!sub/deep/kept\n", to: tree + "/.dockerignore")
            try write("x", to: tree + "/a-b")
            try write("x", to: tree + "/a/b")
            try write("x", to: tree + "/a.txt")
            try write("x", to: tree + "/debug.log")
            try write("x", to: tree + "/sub/deep/kept")
            try write("x", to: tree + "/sub/deep/dropped")
            try write(
                String(repeating: "line\n", count: 100_000), to: tree + "/日本語/" + String(repeating: "n", count: 150))
            try write("#!/bin/sh\n", to: tree + "/run.sh")
            #expect(chmod(tree + "/run.sh", 0o755) == 0)
            #expect(symlink("a/b", tree + "/link") == 0)
            try await fixture.makeRepository("tree.git")
            try await fixture.git(["--work-tree", tree, "add", "--all"], in: "tree.git")
            let id = try await fixture.git(
                ["commit-tree", try await fixture.git(["write-tree"], in: "tree.git"), "-m", "tree"], in: "tree.git")
            try await fixture.git(["update-ref", "refs/heads/main", id], in: "tree.git")
            for path in [tree] + (FileManager.default.subpaths(atPath: tree) ?? []).map({ tree + "/" + $0 }) {
                let time = timespec(tv_sec: 1_700_000_123, tv_nsec: 999_999_999)
                #expect(utimensat(AT_FDCWD, path, [time, time], AT_SYMLINK_NOFOLLOW) == 0)
            }

            let folder = try FolderContext.prepare(tree)
            let commit = try await fixture.prepare("tree.git")
            let bytes = try await packed(folder.included)
            let upload = try await packed(folder.upload, compression: .gzip)
            let received = try ArchiveContext.prepare(archive(of: upload))

            #expect(try entries(of: folder.included) == entries(of: commit.included))
            #expect(try await packed(commit.included) == bytes)
            #expect(try await packed(received.included) == bytes)
        }
    }

    @Test func `times after the latest one are set to it, and the others stay`() async throws {
        try withTemporaryFolder { folder in
            try write("FROM scratch\n", to: folder + "/sub/Dockerfile")
            try write("x", to: folder + "/old")
            let time = timespec(tv_sec: 1000, tv_nsec: 0)
            #expect(utimensat(AT_FDCWD, folder + "/old", [time, time], 0) == 0)

            let context = try FolderContext.prepare(folder, dockerfile: .path("sub/Dockerfile"), latestTime: 2000)

            let times = try entries(of: context.included).map { ($0.path.text, $0.modified) }
            #expect(times.map(\.0) == ["old", "sub", "sub/Dockerfile"])
            #expect(times.map(\.1) == [1000, 2000, 2000])
        }
    }
}

/// Notices of a walk, for tests.
private final class Notices: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
}
