/// Where the bytes of a run's log are until the server has them.
protocol LogSpool: Sendable {
    /// The most bytes of one run's log that it can hold.
    var limit: Int64 { get }
    /// Bytes taken so far.
    var length: Int64 { get }
    /// Whether whoever writes need not wait until more is sent.
    var hasRoom: Bool { get }

    /// Adds bytes at the end.
    ///
    /// - Parameter mark: what is in the log with them.
    /// - Throws: ``SpoolError``; then none of them is kept.
    mutating func append(_ bytes: [UInt8], mark: LogMark?) throws(SpoolError)

    /// - Returns: at most `most` bytes from `offset` on, which is not after the end; none at the end.
    func read(at offset: Int64, most: Int) throws(SpoolError) -> [UInt8]

    /// The server has all bytes before this offset.
    mutating func acknowledge(_ offset: Int64)
}

/// Why a log is not kept on the agent's disk.
struct SpoolError: Error, CustomStringConvertible {
    let path: String
    let reason: String

    var description: String { "The file \(path) can't be used: \(reason). Make room on its disk." }
}

/// Keeps what is not sent yet in memory, and lets writers wait for what is too much.
struct MemorySpool: LogSpool {
    private static let mostWaiting = 1 << 20

    let limit = Int64.max
    private var bytes: [UInt8] = []
    private var start: Int64 = 0

    var length: Int64 { start + Int64(bytes.count) }
    var hasRoom: Bool { bytes.count <= Self.mostWaiting }

    mutating func append(_ more: [UInt8], mark: LogMark?) throws(SpoolError) {
        bytes += more
    }

    func read(at offset: Int64, most: Int) throws(SpoolError) -> [UInt8] {
        guard offset >= start else { throw SpoolError(path: "memory", reason: "the bytes before \(start) are sent") }
        return Array(bytes.dropFirst(Int(offset - start)).prefix(most))
    }

    mutating func acknowledge(_ offset: Int64) {
        guard offset > start else { return }
        bytes.removeFirst(min(bytes.count, Int(offset - start)))
        start = offset
    }
}
