import CurlHTTP
import Foundation
import Testing

@testable import Contexts

struct ContextPackerTests {
    private func file(_ path: [UInt8], _ text: String = "x\n", modified: Int64 = 1_700_000_000) -> InMemoryEntry {
        let bytes = Array(text.utf8)
        return InMemoryEntry(
            ContextEntry(
                path: EntryPath(bytes: path), kind: .file(size: Int64(bytes.count)), mode: 0o644, modified: modified),
            bytes: bytes)
    }

    private func file(_ path: String, _ text: String = "x\n") -> InMemoryEntry { file(Array(path.utf8), text) }

    @Test func `a plain archive is ustar blocks and two zero blocks, owned by root`() async throws {
        let directory = InMemoryEntry(ContextEntry(path: EntryPath("d"), kind: .directory, mode: 0o750, modified: 5))

        let bytes = try await packed(
            InMemoryWalk([file("a"), directory, file("d/b", String(repeating: "y", count: 600))]))

        // Two blocks, one, three, and the end.
        #expect(bytes.count == 4096)
        #expect(bytes.suffix(1024).allSatisfy { $0 == 0 })
        #expect(String(decoding: bytes[257..<262], as: UTF8.self) == "ustar")
        for header in [0, 1024, 1536] {
            #expect([UInt8(ascii: "0"), UInt8(ascii: "5")].contains(bytes[header + 156]))
            #expect(bytes[(header + 108)..<(header + 114)].allSatisfy { $0 == UInt8(ascii: "0") }, "user")
            #expect(bytes[(header + 116)..<(header + 122)].allSatisfy { $0 == UInt8(ascii: "0") }, "group")
            #expect(bytes[(header + 265)..<(header + 329)].allSatisfy { $0 == 0 }, "names")
        }
        #expect(String(decoding: bytes[1024..<1026], as: UTF8.self) == "d/")
        #expect(String(decoding: bytes[1124..<1131], as: UTF8.self).contains("750"))
    }

    @Test func `every name, time and link is read back as it was`() async throws {
        let names: [[UInt8]] = [
            Array("plain".utf8), Array(String(repeating: "n", count: 100).utf8),
            Array(String(repeating: "m", count: 101).utf8),
            Array((String(repeating: "d", count: 150) + "/" + String(repeating: "e", count: 90)).utf8),
            Array((String(repeating: "f", count: 200) + "/" + String(repeating: "g", count: 200) + "/h").utf8),
            Array("日本語/🐳".utf8), [0x63, 0x61, 0x66, 0xe9], [0xff, 0xfe, 0x2f, 0x78], Array("new\nline".utf8),
            Array("back\\slash ".utf8),
        ]
        var items = names.map { file($0) }
        items.append(file(Array("old".utf8), modified: -2))
        items.append(file(Array("late".utf8), modified: 1 << 34))
        let link = ContextEntry(
            path: EntryPath("link"),
            kind: .symbolicLink(target: [0xe9] + Array(String(repeating: "t", count: 200).utf8)), mode: 0o777,
            modified: 1)
        items.append(InMemoryEntry(link))
        let hard = ContextEntry(
            path: EntryPath("hard"), kind: .hardLink(target: EntryPath(bytes: names[5])), mode: 0o644, modified: 1)
        items.append(InMemoryEntry(hard))
        items.append(InMemoryEntry(ContextEntry(path: EntryPath("pipe"), kind: .fifo, mode: 0o4755, modified: 1)))

        let bytes = try await packed(InMemoryWalk(items))
        let reader = try ArchiveReader(archive(of: bytes), limits: ContextLimits())
        var found: [[UInt8]: ArchiveReader.Item] = [:]
        while let item = try reader.next() { found[item.path] = item }

        #expect(bytes[156] == UInt8(ascii: "0"), "the first header is a plain one")
        #expect(found.count == items.count)
        for item in items {
            #expect(found[item.entry.path.bytes]?.modified == item.entry.modified, "\(item.entry.path)")
            #expect(found[item.entry.path.bytes]?.mode == item.entry.mode, "\(item.entry.path)")
        }
        if case .symbolicLink(let target)? = found[Array("link".utf8)]?.kind {
            #expect(link.kind == .symbolicLink(target: target))
        } else {
            Issue.record("the link is none")
        }
        if case .hardLink(let target)? = found[Array("hard".utf8)]?.kind {
            #expect(target == names[5])
        } else {
            Issue.record("no hard link")
        }
    }

    @Test func `an archive never begins with a pax header`() async throws {
        let long = file(String(repeating: "a", count: 300))

        let moved = try await packed(InMemoryWalk([long, file("é"), file("z", "text"), file("zz")]))
        let without = try await packed(InMemoryWalk([long]))
        let given = try await packed(InMemoryWalk([long, file("z")]), first: [file("Dockerfile")])

        #expect(moved[0] == UInt8(ascii: "z") && moved[156] == UInt8(ascii: "0"))
        let paths = try entries(of: ArchiveContext.prepare(archive(of: moved), dockerfile: .bytes([])).included).map(
            \.path.text)
        #expect(paths == ["z", String(repeating: "a", count: 300), "é", "zz"])
        #expect(without[0] == UInt8(ascii: ".") && without[156] == UInt8(ascii: "5"))
        #expect(given.starts(with: "Dockerfile".utf8))
    }

    @Test func `the same walk gives the same bytes, compressed too`() async throws {
        let walk = InMemoryWalk([file("a", String(repeating: "text ", count: 100_000)), file("b")])

        let one = try await packed(walk, compression: .gzip)
        let two = try await packed(walk, compression: .gzip)

        #expect(one == two)
        #expect(one.starts(with: [0x1f, 0x8b]) && one[4..<8].allSatisfy { $0 == 0 })
        #expect(
            try contents(of: ArchiveContext.prepare(archive(of: one), dockerfile: .bytes([])).included)["b"] == "x\n")
    }

    @Test func `a file that became shorter breaks the stream off`() async throws {
        struct Short: ContextWalk {
            func forEachEntry(_ visit: (ContextEntry, any EntryContent) throws -> Void) throws {
                try visit(
                    ContextEntry(path: EntryPath("a"), kind: .file(size: 10), mode: 0o644, modified: 0),
                    BytesContent([1, 2, 3]))
            }
        }

        await #expect(throws: ContextError.changedWhileReading("a")) { try await packed(Short()) }
    }

    @Test func `packing ends when nobody reads and when its task is canceled`() async throws {
        let walk = InMemoryWalk([file("a", String(repeating: "x", count: 4 << 20))])
        let left = BytePipe()
        left.abandon()

        await #expect(throws: BytePipeError.abandoned) { try await ContextPacker.packInBackground(walk, into: left) }
        let full = BytePipe()
        await #expect(throws: CancellationError.self) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await ContextPacker.packInBackground(walk, into: full) }
                _ = try await full.read()
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }
}
