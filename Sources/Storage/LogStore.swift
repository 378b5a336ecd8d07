public import Foundation
import Glibc
import Synchronization
public import TaskModel

/// Keeps the log of each run as a file that only grows.
///
/// Lines end in CR LF already when they come here. An append is on the disk before it is acknowledged.
public final class LogStore: Sendable {
    private struct State {
        var descriptors: [RunID: CInt] = [:]
        /// Where the stream begins of those that may append; none may to one with ``noStream``.
        var streams: [RunID: Int64] = [:]
    }

    /// That appends to a run are refused.
    public struct Fence: Sendable {
        /// Where the stream began that it stopped, if that was known.
        fileprivate let stream: Int64?
    }

    private static let noStream = Int64.max - 1

    private let directory: String
    private let state = Mutex(State())

    /// - Parameter directory: exists.
    public init(directory: String) {
        self.directory = directory
    }

    deinit {
        for descriptor in state.withLock({ $0.descriptors.values }) { Glibc.close(descriptor) }
    }

    /// Bytes stored; 0 for a run without a log.
    public func length(of run: RunID) -> Int64 {
        var status = stat()
        return stat(path(of: run), &status) == 0 ? Int64(status.st_size) : 0
    }

    /// Adds bytes at `offset`. What is there already is accepted if it is the same; no bytes at all ask whether `offset`
    /// is the end.
    ///
    /// - Parameter stream: where the writer's stream begins, for runs that have one writer after the other.
    /// - Returns: the new length.
    /// - Throws: ``StorageError/logOffset(expected:)`` if bytes before `offset` are missing or those stored are others;
    ///   ``StorageError/leaseLost`` if another stream has begun since.
    public func append(_ bytes: [UInt8], to run: RunID, at offset: Int64, stream: Int64 = .max) throws -> Int64 {
        try state.withLock { state in
            guard stream >= state.streams[run] ?? 0 else { throw StorageError.leaseLost }
            let descriptor = try state.descriptors[run] ?? open(run, O_RDWR | O_CREAT)
            state.descriptors[run] = descriptor
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw failure("read the log of run \(run)") }
            let length = Int64(status.st_size)
            guard offset <= length, !bytes.isEmpty || offset == length else {
                throw StorageError.logOffset(expected: length)
            }
            let known = min(Int(length - offset), bytes.count)
            if known > 0, try read(descriptor, at: offset, count: known) != Array(bytes[..<known]) {
                throw StorageError.logOffset(expected: length)
            }
            guard known < bytes.count else { return length }
            try write(bytes[known...], to: descriptor, at: length, run: run)
            guard fdatasync(descriptor) == 0 else { throw failure("store the log of run \(run)") }
            return offset + Int64(bytes.count)
        }
    }

    /// Adds bytes at the end, not yet safe from a loss of power: that they are with ``settledLength(of:)``.
    public func note(_ bytes: [UInt8], to run: RunID) throws {
        try state.withLock { _ in
            let descriptor = try open(run, O_RDWR | O_CREAT)
            defer { Glibc.close(descriptor) }
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw failure("read the log of run \(run)") }
            try write(bytes[...], to: descriptor, at: Int64(status.st_size), run: run)
        }
    }

    /// Bytes stored, all of them on the disk.
    public func settledLength(of run: RunID) -> Int64 {
        let length = length(of: run)
        guard length > 0 else { return 0 }
        let descriptor = Glibc.open(path(of: run), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return length }
        defer { Glibc.close(descriptor) }
        fdatasync(descriptor)  // a disk that fails here fails the first append too
        return length
    }

    /// The bytes from `offset` on, at most `count`; fewer at the end.
    public func read(_ run: RunID, from offset: Int64, count: Int) throws -> [UInt8] {
        let descriptor = Glibc.open(path(of: run), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return [] }
            throw failure("read the log of run \(run)")
        }
        defer { Glibc.close(descriptor) }
        return try read(descriptor, at: offset, count: count)
    }

    /// Begins the stream of the run's next writer: from now on appends to earlier ones are refused.
    ///
    /// - Returns: where it begins, which is the length of what is stored, all of it on the disk.
    public func beginStream(of run: RunID) -> Int64 {
        let start = settledLength(of: run)
        state.withLock { $0.streams[run] = start }
        return start
    }

    /// Refuses appends to all streams so far. That outlasts ``close(_:)``, until the next one begins.
    ///
    /// - Returns: what ``liftFence(of:_:)`` takes it back with.
    @discardableResult
    public func fence(_ run: RunID) -> Fence {
        state.withLock { Fence(stream: $0.streams.updateValue(Self.noStream, forKey: run)) }
    }

    /// Lets the stream go on that was stopped.
    public func liftFence(of run: RunID, _ fence: Fence) {
        state.withLock { $0.streams[run] = fence.stream }
    }

    /// Says that the run has ended: its file is not kept open any more.
    public func close(_ run: RunID) {
        let descriptor = state.withLock { state in
            if state.streams[run] != Self.noStream { state.streams[run] = nil }
            return state.descriptors.removeValue(forKey: run)
        }
        if let descriptor { Glibc.close(descriptor) }
    }

    /// Takes the log of a run away for good.
    public func remove(_ run: RunID) {
        close(run)
        unlink(path(of: run))
    }

    /// The runs whose logs nobody has written to since a time.
    public func runs(unchangedSince time: Date) throws -> [RunID] {
        try FileManager.default.contentsOfDirectory(atPath: directory).compactMap { name in
            guard name.hasSuffix(".log"), let run = RunID(String(name.dropLast(4))) else { return nil }
            var status = stat()
            guard stat(directory + "/" + name, &status) == 0 else { return nil }
            return Double(status.st_mtim.tv_sec) < time.timeIntervalSince1970 ? run : nil
        }
    }

    private func path(of run: RunID) -> String { directory + "/" + run.text + ".log" }

    private func open(_ run: RunID, _ flags: CInt) throws -> CInt {
        let descriptor = Glibc.open(path(of: run), flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("open the log of run \(run)") }
        return descriptor
    }

    private func read(_ descriptor: CInt, at offset: Int64, count: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let done = pread(
                    descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(offset) + filled)
                guard done >= 0 else { throw failure("read a log") }
                guard done > 0 else { return }
                filled += done
            }
        }
    }

    private func write(_ bytes: ArraySlice<UInt8>, to descriptor: CInt, at offset: Int64, run: RunID) throws {
        try bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let done = pwrite(
                    descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written, off_t(offset) + written
                )
                guard done > 0 else {
                    let cause = failure("store the log of run \(run)")
                    ftruncate(descriptor, off_t(offset))  // half an append is none
                    throw cause
                }
                written += done
            }
        }
    }

    private func failure(_ action: String) -> StorageError {
        .io(action: action, reason: String(cString: strerror(errno)))
    }
}
