import Contexts
import SwiftProtobuf
import Testing

@testable import DockerEngine

struct FileListingTests {
    private func entry(_ path: String, _ kind: ContextEntry.Kind = .file(size: 1)) -> InMemoryEntry {
        InMemoryEntry(ContextEntry(path: EntryPath(path), kind: kind, mode: 0o644, modified: 5), bytes: [1])
    }

    @Test func `entries are sorted by segment, with the parents that are missing`() throws {
        let listing = try FileListing(of: InMemoryWalk(["a.txt", "a-b", "a/b", "a/B", "d/e/f", "a"].map { entry($0) }))

        #expect(listing.entries.map(\.path.text) == ["a", "a/B", "a/b", "a-b", "a.txt", "d", "d/e", "d/e/f"])
        #expect(listing.entries.filter { $0.kind == .directory }.map(\.path.text) == ["d", "d/e"])
        #expect(listing.idsOfVisits == [4, 3, 2, 1, 7, 0])
    }

    @Test func `of two entries with one name the last counts`() throws {
        let listing = try FileListing(of: InMemoryWalk([entry("x", .file(size: 1)), entry("x", .file(size: 2))]))

        #expect(listing.entries.map(\.kind) == [.file(size: 2)])
        #expect(listing.idsOfVisits == [FileListing.noID, 0])
    }

    @Test func `a hard link that sorts before its target changes places with it`() throws {
        let listing = try FileListing(
            of: InMemoryWalk([
                entry("m", .file(size: 9)), entry("a", .hardLink(target: EntryPath("m"))),
                entry("z", .hardLink(target: EntryPath("a"))),
            ]))

        #expect(
            listing.entries.map(\.kind) == [
                .file(size: 9), .hardLink(target: EntryPath("a")), .hardLink(target: EntryPath("a")),
            ])
        #expect(listing.idsOfVisits == [0, FileListing.noID, FileListing.noID])
    }

    private static let modes: [(ContextEntry.Kind, mode: UInt16, sent: UInt32)] = [
        (.directory, 0o1755, 0x8010_01ed),
        (.file(size: 3), 0o6755, 0x00c0_01ed),
        (.symbolicLink(target: [0x61]), 0o640, 0x0800_01ff),
        (.fifo, 0o644, 0x0200_01a4),
        (.device(isCharacter: true, major: 1, minor: 3), 0o666, 0x0420_01b6),
    ]

    @Test(arguments: modes)
    func `modes are those of Go`(kind: ContextEntry.Kind, mode: UInt16, sent: UInt32) {
        #expect(WireStat(ContextEntry(path: EntryPath("x"), kind: kind, mode: mode, modified: 0)).mode == sent)
    }

    @Test func `a file's capability is its one attribute`() throws {
        let value: [UInt8] = [1, 0, 0, 2, 0, 0x20, 0, 0] + [UInt8](repeating: 0, count: 12)
        let entry = ContextEntry(
            path: EntryPath("x"), kind: .file(size: 1), mode: 0o755, modified: 0, capability: FileCapability(value))

        let stat = try WireStat(serializedBytes: try WireStat(entry).serializedBytes() as [UInt8])

        #expect(stat.xattrs.mapValues { Array($0) } == ["security.capability": value])
    }

    private static let packets: [(id: UInt32, size: Int)] = [(0, 0), (0, 2), (7, 0), (300, 32768), (.max, 1)]

    @Test(arguments: packets)
    func `a packet made by hand is the one that protobuf makes`(id: UInt32, size: Int) throws {
        let bytes = [UInt8](repeating: 9, count: size)

        let frame = FileSender.frame(bytes, id: id)

        let packet = try WirePacket(serializedBytes: Array(frame.dropFirst(5)))
        #expect(packet.type == .data && packet.id == id && Array(packet.data) == bytes)
        let again: [UInt8] = try packet.serializedBytes()
        #expect(again == Array(frame.dropFirst(5)))
        let length = frame[1..<5].reduce(0) { $0 * 256 + Int($1) }
        #expect(frame[0] == 0 && length == again.count)
    }
}
