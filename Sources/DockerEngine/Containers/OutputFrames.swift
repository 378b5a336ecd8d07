/// One piece of what a container without a terminal wrote.
public struct ContainerOutput: Sendable, Hashable {
    public enum Channel: UInt8, Sendable, Hashable {
        case input = 0
        case standard = 1
        case error = 2
        /// A message of the daemon's own about the stream.
        case daemon = 3
    }

    public let channel: Channel
    public let bytes: [UInt8]

    public init(channel: Channel, bytes: [UInt8]) {
        self.channel = channel
        self.bytes = bytes
    }
}

/// Takes the channels of a container's output apart.
///
/// The daemon puts 8 bytes before each piece: the channel, three zeros, and the length of the piece as 32 bits, highest
/// first (Engine API, "Attach to a container", stream format). HTTP's chunks are not cut there. A piece is handed on
/// as far as it has come, so its length is no memory.
struct OutputFrames {
    private var header: [UInt8] = []
    private var channel = ContainerOutput.Channel.standard
    private var missing = 0

    /// Whether the stream may end here.
    var isAtBoundary: Bool { missing == 0 && header.isEmpty }

    /// - Returns: what these bytes add, in order; nil when they are no such stream.
    mutating func add(_ bytes: [UInt8]) -> [ContainerOutput]? {
        var result: [ContainerOutput] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            if missing == 0 {
                let taken = rest.prefix(8 - header.count)
                header += taken
                rest = rest.dropFirst(taken.count)
                guard header.count == 8 else { break }
                guard let channel = ContainerOutput.Channel(rawValue: header[0]), header[1...3].allSatisfy({ $0 == 0 })
                else { return nil }
                self.channel = channel
                missing = header[4...].reduce(0) { $0 << 8 | Int($1) }
                header = []
                continue
            }
            let piece = rest.prefix(missing)
            result.append(ContainerOutput(channel: channel, bytes: Array(piece)))
            missing -= piece.count
            rest = rest.dropFirst(piece.count)
        }
        return result
    }
}
