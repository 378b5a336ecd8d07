import DockerEngine
import TaskModel

/// The way of one container's or build's output into the log of its run. Secrets are masked in it, also where they are
/// cut by the border of two writes, whatever others write meanwhile.
struct StepOutput: Sendable {
    let log: RunLogWriter
    let number: Int

    /// - Parameter channel: of a container.
    func write(_ bytes: [UInt8], from channel: ContainerOutput.Channel = .standard) async {
        await log.write(bytes, to: number, from: channel)
    }
}

/// What has been read of one source and not written yet.
struct StepOutputBuffer {
    /// Longer lines of steps that share the log are cut, with ``Self/continuation`` before what follows.
    static let longestLine = 64 << 10
    private static let separator = " | "
    private static let continuation = " + "

    let step: String
    /// Whether other steps may print at the same time: then lines are kept whole, and each carries its step.
    let isShared: Bool
    private var masker: SecretMasker
    private var line: [UInt8] = []
    private var isContinued = false
    /// How much of a container's output is in what was given out; nil where nobody asks.
    private(set) var mark: LogMark?
    /// What came after that, neighbours of one channel as one.
    private(set) var unmarked: [(channel: ContainerOutput.Channel, count: Int)] = []

    init(step: String, isShared: Bool, masker: SecretMasker, mark: LogMark? = nil) {
        self.step = step
        self.isShared = isShared
        self.masker = masker
        self.mark = mark
    }

    mutating func hide(_ secret: String) {
        masker.add([secret])
    }

    /// What can be written now that `bytes` have come: for the log, and as it came.
    mutating func add(_ bytes: [UInt8], from channel: ContainerOutput.Channel = .standard) -> (
        log: [UInt8], plain: [UInt8]
    ) {
        guard isShared, mark != nil else { return addPiece(bytes, from: channel) }
        // Line by line: only where one ends it is known what of the container has been given out.
        var result: (log: [UInt8], plain: [UInt8]) = ([], [])
        var rest = bytes[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: 0x0a).map { $0 + 1 } ?? rest.endIndex
            let piece = addPiece(Array(rest[..<end]), from: channel)
            result.log += piece.log
            result.plain += piece.plain
            rest = rest[end...]
        }
        return result
    }

    private mutating func addPiece(_ bytes: [UInt8], from channel: ContainerOutput.Channel) -> (
        log: [UInt8], plain: [UInt8]
    ) {
        let result = ready(masker.mask(bytes), isEnd: false)
        guard mark != nil else { return result }
        if unmarked.last?.channel == channel {
            unmarked[unmarked.count - 1].count += bytes.count
        } else {
            unmarked.append((channel, bytes.count))
        }
        if line.isEmpty { moveMark(upTo: masker.heldCount) }
        return result
    }

    /// - Parameter rest: so many of the last bytes are not given out yet.
    private mutating func moveMark(upTo rest: Int) {
        var count = unmarked.reduce(0) { $0 + $1.count } - rest
        var done = 0
        while count > 0, done < unmarked.count {
            let taken = min(unmarked[done].count, count)
            switch unmarked[done].channel {
            case .error: mark?.error += Int64(taken)
            case .standard, .input, .daemon: mark?.standard += Int64(taken)
            }
            count -= taken
            unmarked[done].count -= taken
            if unmarked[done].count == 0 { done += 1 }
        }
        unmarked.removeFirst(done)
    }

    /// What is left at the end. A last line without end gets one where others share the log.
    mutating func finish() -> (log: [UInt8], plain: [UInt8]) {
        let result = ready(masker.finish(), isEnd: true)
        moveMark(upTo: 0)
        return result
    }

    private mutating func ready(_ bytes: [UInt8], isEnd: Bool) -> (log: [UInt8], plain: [UInt8]) {
        guard isShared else { return (bytes, bytes) }
        var log: [UInt8] = []
        var plain: [UInt8] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0x0a) {
            line += rest[...end]
            rest = rest[(end + 1)...]
            take(&log, &plain)
        }
        line += rest
        // Of a container all: only where nothing of a line is held back is it known what of it has been given out.
        let cutsAll = mark != nil && line.count >= Self.longestLine
        while line.count > Self.longestLine || (cutsAll && !line.isEmpty) { cut(&log, &plain) }
        if isEnd, !line.isEmpty {
            line.append(0x0a)
            take(&log, &plain)
        }
        return (log, plain)
    }

    private var label: [UInt8] {
        Array((step.escapedForDisplay + (isContinued ? Self.continuation : Self.separator)).utf8)
    }

    private mutating func take(_ log: inout [UInt8], _ plain: inout [UInt8]) {
        // A cut has ended the line in the log already.
        if !isContinued || line != [0x0a] { log += label + line }
        plain += line
        line = []
        isContinued = false
    }

    private mutating func cut(_ log: inout [UInt8], _ plain: inout [UInt8]) {
        let piece = line.prefix(Self.longestLine)
        log += label + piece + [0x0a]
        plain += piece
        line.removeFirst(piece.count)
        isContinued = true
    }
}
