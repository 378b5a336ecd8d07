import Contexts
import CurlHTTP

/// Reads the files that are asked for out of a walk, on a thread that blocks, and writes them into a pipe as framed
/// packets.
struct FileSender {
    private struct AllSent: Error {}

    private static let pieceSize = 32 * 1024

    private let listing: FileListing
    private let requests: FileRequests
    private let pipe: BytePipe

    init(_ listing: FileListing, _ requests: FileRequests, _ pipe: BytePipe) {
        self.listing = listing
        self.requests = requests
        self.pipe = pipe
    }

    /// Returns when the daemon wants nothing more.
    func send(_ walk: any ContextWalk) throws {
        while true {
            requests.waitForAny()
            try Task.checkCancellation()
            if requests.isFinished { return }
            do {
                try sendRequested(of: walk)
            } catch is AllSent {}
        }
    }

    /// Walks once. What is asked for after its visit is left for the next time.
    private func sendRequested(of walk: any ContextWalk) throws {
        var visit = 0
        var isPatient = true
        try walk.forEachEntry { _, content in
            defer { visit += 1 }
            guard visit < listing.idsOfVisits.count, listing.idsOfVisits[visit] != FileListing.noID else { return }
            let id = listing.idsOfVisits[visit]
            if requests.take(id, isPatient: &isPatient) { try send(content, id: id) }
            if requests.isFinished || (!isPatient && requests.isEmpty) { throw AllSent() }
        }
    }

    private func send(_ content: any EntryContent, id: UInt32) throws {
        while true {
            let bytes = try [UInt8](unsafeUninitializedCapacity: Self.pieceSize) { buffer, count in
                count = try content.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            try pipe.writeBlocking(Self.frame(bytes, id: id))
            // The packet without bytes ends the file.
            if bytes.isEmpty { return }
        }
    }

    /// A `fsutil.types.Packet` of type DATA as a gRPC message. Made by hand, since all contents of a context pass here.
    static func frame(_ bytes: [UInt8], id: UInt32) -> [UInt8] {
        var packet: [UInt8] = [0x08, 2]
        packet.reserveCapacity(16)
        if id != 0 { packet += [0x18] + varint(UInt64(id)) }
        if !bytes.isEmpty { packet += [0x22] + varint(UInt64(bytes.count)) }
        let length = UInt32(packet.count + bytes.count)
        var message: [UInt8] = [0]
        message.reserveCapacity(5 + Int(length))
        message += [UInt8(truncatingIfNeeded: length >> 24), UInt8(truncatingIfNeeded: length >> 16)]
        message += [UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)]
        message += packet
        message += bytes
        return message
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
