/// Writes a log to standard output, with the line ends of this system, and holds still while a question is on the
/// screen.
actor LogPrinter {
    private var isHeld = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var endsInReturn = false
    private let isColored: Bool
    private var colors = ColorFilter()
    private let sink: @Sendable ([UInt8]) -> Void

    init(isColored: Bool, sink: @escaping @Sendable ([UInt8]) -> Void = { Terminal.write($0, to: 1) }) {
        self.isColored = isColored
        self.sink = sink
    }

    func hold() { isHeld = true }

    func release() {
        isHeld = false
        for continuation in waiting { continuation.resume() }
        waiting = []
    }

    /// Writes a part of a log; CR LF becomes LF, also where two parts meet.
    func write(_ bytes: [UInt8]) async {
        while isHeld { await withCheckedContinuation { waiting.append($0) } }
        var plain: [UInt8] = []
        plain.reserveCapacity(bytes.count + 1)
        for byte in bytes {
            if endsInReturn, byte != 0x0a { plain.append(0x0d) }
            endsInReturn = byte == 0x0d
            if !endsInReturn { plain.append(byte) }
        }
        sink(isColored ? plain : colors.removing(from: plain))
    }

    /// Writes what was held back: a CR that no LF followed.
    func finish() async {
        while isHeld { await withCheckedContinuation { waiting.append($0) } }
        if endsInReturn { sink([0x0d]) }
        endsInReturn = false
    }
}

/// Takes colour codes (`ESC [ … m`) out of a stream.
struct ColorFilter {
    private enum State {
        case text
        case escape
        case sequence
    }

    private var state = State.text
    private var held: [UInt8] = []

    mutating func removing(from bytes: [UInt8]) -> [UInt8] {
        guard state != .text || bytes.contains(0x1b) else { return bytes }
        var result: [UInt8] = []
        for byte in bytes {
            held.append(byte)
            switch state {
            case .text where byte == 0x1b: state = .escape
            case .escape where byte == UInt8(ascii: "["): state = .sequence
            case .sequence where (0x30...0x3f).contains(byte) && held.count < 64: break
            default:
                // Other sequences than colours are none of our business.
                if state != .sequence || byte != UInt8(ascii: "m") { result += held }
                held = []
                state = .text
            }
        }
        return result
    }
}
