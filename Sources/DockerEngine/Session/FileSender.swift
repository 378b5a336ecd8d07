import Contexts
import CurlHTTP

/// Reads the files that are asked for, on a thread that blocks, and writes them into a pipe as framed packets.
final class FileSender {
    private static let pieceSize = 32 * 1024

    private let pipe: BytePipe
    private let wanted: WantedFiles
    private let tally: TransferTally
    /// Packets of small files, which go out together.
    private var batch: [UInt8] = []

    init(_ wanted: WantedFiles, into pipe: BytePipe, _ tally: TransferTally) {
        self.wanted = wanted
        self.pipe = pipe
        self.tally = tally
    }

    /// Returns when the daemon wants nothing more.
    func send(_ listing: ContextListing) throws {
        try listing.read(wanted) { index, content in
            try send(content, id: UInt32(index))
            if wanted.isEmpty { try flush() }
        }
    }

    private func send(_ content: any EntryContent, id: UInt32) throws {
        var size = 0
        while true {
            let bytes = try [UInt8](unsafeUninitializedCapacity: Self.pieceSize) { buffer, count in
                count = try content.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            Self.append(bytes, id: id, to: &batch)
            size += bytes.count
            if batch.count >= Self.pieceSize { try flush() }
            // The packet without bytes ends the file.
            if bytes.isEmpty { break }
        }
        tally.addFile(bytes: size)
    }

    private func flush() throws {
        guard !batch.isEmpty else { return }
        let bytes = batch
        batch = []
        batch.reserveCapacity(2 * Self.pieceSize)
        try pipe.writeBlocking(bytes)
    }

    /// Adds a `fsutil.types.Packet` of type DATA as a gRPC message. Made by hand, since all contents of a context pass
    /// here.
    static func append(_ bytes: [UInt8], id: UInt32, to output: inout [UInt8]) {
        var packet: [UInt8] = [0x08, 2]
        if id != 0 { packet += [0x18] + varint(UInt64(id)) }
        if !bytes.isEmpty { packet += [0x22] + varint(UInt64(bytes.count)) }
        SessionReplies.appendFrameHead(length: packet.count + bytes.count, to: &output)
        output += packet
        output += bytes
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var rest = value
        var result: [UInt8] = []
        while rest >= 0x80 {
            result.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        return result + [UInt8(rest)]
    }
}
