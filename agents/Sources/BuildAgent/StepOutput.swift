import TaskModel

/// The way of one container's or build's output into the log of its run. Secrets are masked in it, also where they are
/// cut by the border of two writes, whatever others write meanwhile.
struct StepOutput: Sendable {
    let log: RunLogWriter
    let number: Int

    func write(_ bytes: [UInt8]) async {
        await log.write(bytes, to: number)
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

    init(step: String, isShared: Bool, masker: SecretMasker) {
        self.step = step
        self.isShared = isShared
        self.masker = masker
    }

    mutating func hide(_ secret: String) {
        masker.add([secret])
    }

    /// What can be written now that `bytes` have come: for the log, and as it came.
    mutating func add(_ bytes: [UInt8]) -> (log: [UInt8], plain: [UInt8]) {
        ready(masker.mask(bytes), isEnd: false)
    }

    /// What is left at the end. A last line without end gets one where others share the log.
    mutating func finish() -> (log: [UInt8], plain: [UInt8]) {
        ready(masker.finish(), isEnd: true)
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
        while line.count > Self.longestLine { cut(&log, &plain) }
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
        log += label + line
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
