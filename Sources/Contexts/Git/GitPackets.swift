/// Writes the frames that git's protocol is made of (gitprotocol-common, "pkt-line Format").
struct GitPacketWriter {
    private(set) var bytes: [UInt8] = []

    /// Adds a line; its end is added too.
    mutating func line(_ text: String) {
        let payload = Array(text.utf8) + [UInt8(ascii: "\n")]
        let length = String(payload.count + 4, radix: 16)
        bytes += String(repeating: "0", count: 4 - length.utf8.count).utf8
        bytes += length.utf8
        bytes += payload
    }

    mutating func flush() { bytes += "0000".utf8 }
    mutating func delimiter() { bytes += "0001".utf8 }
}

/// Reads those frames from a stream of bytes.
struct GitPacketReader {
    enum Packet: Equatable {
        case data([UInt8])
        case flush
        case delimiter
        case responseEnd

        /// Without the end of the line; nil for what is no data.
        var text: String? {
            guard case .data(let bytes) = self else { return nil }
            return String(decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...], as: UTF8.self)
        }
    }

    /// A stream that is not made of frames.
    struct Malformed: Error {
        let reason: String
    }

    private let more: () throws -> [UInt8]?
    private var buffer: [UInt8] = []
    private var offset = 0

    /// - Parameter more: the next bytes of the stream; nil at its end.
    init(_ more: @escaping () throws -> [UInt8]?) {
        self.more = more
    }

    /// The next frame; nil at the end of the stream.
    ///
    /// - Throws: ``Malformed``, what reading throws.
    mutating func next() throws -> Packet? {
        guard try fill(4) else {
            guard offset == buffer.count else { throw Malformed(reason: "it ends in the middle of a packet") }
            return nil
        }
        var length = 0
        for digit in buffer[offset..<(offset + 4)] {
            guard let value = hexValue(digit) else { throw Malformed(reason: "a packet has no length") }
            length = length << 4 | Int(value)
        }
        offset += 4
        switch length {
        case 0: return .flush
        case 1: return .delimiter
        case 2: return .responseEnd
        case 3: throw Malformed(reason: "a packet has the length 3")
        default:
            guard try fill(length - 4) else { throw Malformed(reason: "it ends in the middle of a packet") }
            defer { offset += length - 4 }
            return .data(Array(buffer[offset..<(offset + length - 4)]))
        }
    }

    /// Makes sure that so many bytes are at hand; false if the stream ends before.
    private mutating func fill(_ count: Int) throws -> Bool {
        while buffer.count - offset < count {
            guard let chunk = try more() else { return false }
            buffer.removeFirst(offset)
            offset = 0
            buffer += chunk
        }
        return true
    }
}
