import Contexts
import SwiftProtobuf
import Testing

@testable import DockerEngine

struct FilePacketTests {
    private static let modes: [(ContextEntry.Kind, mode: UInt16, sent: UInt32)] = [
        (.directory, 0o1755, 0x8010_01ed),
        (.file(size: 3), 0o6755, 0x00c0_01ed),
        (.symbolicLink(target: [0x61]), 0o640, 0x0800_01ff),
        (.fifo, 0o644, 0x0200_01a4),
        (.device(isCharacter: true, major: 1, minor: 3), 0o666, 0x0420_01b6),
    ]

    @Test(arguments: modes)
    func `modes are those of Go`(kind: ContextEntry.Kind, mode: UInt16, sent: UInt32) {
        #expect(WireStat(ContextEntry(path: EntryPath("x"), kind: kind, mode: mode, modified: 0), time: 0).mode == sent)
    }

    @Test func `a file's capability is its one attribute`() throws {
        let value: [UInt8] = [1, 0, 0, 2, 0, 0x20, 0, 0] + [UInt8](repeating: 0, count: 12)
        let entry = ContextEntry(
            path: EntryPath("x"), kind: .file(size: 1), mode: 0o755, modified: 0, capability: FileCapability(value))

        let stat = try WireStat(serializedBytes: try WireStat(entry, time: 0).serializedBytes() as [UInt8])

        #expect(stat.xattrs.mapValues { Array($0) } == ["security.capability": value])
    }

    private static let packets: [(id: UInt32, size: Int)] = [(0, 0), (0, 2), (7, 0), (300, 32768), (.max, 1)]

    @Test(arguments: packets)
    func `a packet made by hand is the one that protobuf makes`(id: UInt32, size: Int) throws {
        let bytes = [UInt8](repeating: 9, count: size)

        var frame: [UInt8] = []
        FileSender.append(bytes, id: id, to: &frame)

        let packet = try WirePacket(serializedBytes: Array(frame.dropFirst(5)))
        #expect(packet.type == .data && packet.id == id && Array(packet.data) == bytes)
        let again: [UInt8] = try packet.serializedBytes()
        #expect(again == Array(frame.dropFirst(5)))
        let length = frame[1..<5].reduce(0) { $0 * 256 + Int($1) }
        #expect(frame[0] == 0 && length == again.count)
    }
}
