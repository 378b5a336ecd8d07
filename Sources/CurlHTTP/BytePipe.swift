import Dispatch
import Synchronization

/// A bounded queue of bytes between one writer and one reader, each of which may be a task, a thread or a callback.
///
/// The writer waits while more than `capacity` bytes are on their way; the reader waits while there are none. Tasks use ``write(_:)`` and
/// ``read()``, threads that may block ``writeBlocking(_:)`` and ``readBlocking()``.
public final class BytePipe: Sendable {
    /// What a non-blocking read found.
    enum Taken {
        case bytes(Int)
        case nothingYet
        case end
        case failed
    }

    private enum End {
        case finished
        case failed(any Error)
    }

    private struct State {
        var chunks: [[UInt8]] = []
        /// The first chunk that has not been read, and how much of it has.
        var head = 0
        var headOffset = 0
        var count = 0
        var written: Int64 = 0
        var end: End?
        var isAbandoned = false
        var onReadable: (@Sendable () -> Void)?
        var onWritable: (@Sendable () -> Void)?

        mutating func takeWakers() -> [@Sendable () -> Void] {
            defer {
                onReadable = nil
                onWritable = nil
            }
            return [onReadable, onWritable].compactMap(\.self)
        }

        mutating func dropHead() {
            chunks[head] = []
            head += 1
            if head == chunks.count {
                chunks.removeAll(keepingCapacity: true)
                head = 0
            } else if head > 64 {
                chunks.removeFirst(head)
                head = 0
            }
        }

        mutating func nextChunk() -> [UInt8]? {
            guard head < chunks.count else { return nil }
            var chunk = chunks[head]
            dropHead()
            if headOffset > 0 {
                chunk.removeFirst(headOffset)
                headOffset = 0
            }
            count -= chunk.count
            return chunk
        }
    }

    private let state = Mutex(State())
    public let capacity: Int

    /// - Parameter capacity: in bytes; a single larger write is taken whole.
    public init(capacity: Int = 256 * 1024) {
        self.capacity = capacity
    }

    /// What the writer broke the stream off with.
    var failure: (any Error)? {
        state.withLock { state in
            if case .failed(let error) = state.end { return error }
            return nil
        }
    }

    /// How many bytes have been written, read or not.
    public var bytesWritten: Int64 { state.withLock { $0.written } }

    // MARK: Writing

    /// Adds bytes, waiting while the pipe is full.
    ///
    /// - Throws: ``BytePipeError/abandoned`` once the reader has gone, `CancellationError` when the task is canceled.
    public func write(_ bytes: [UInt8]) async throws {
        while true {
            try Task.checkCancellation()
            if try tryWrite(bytes) { return }
            await wait { pipe, wake in pipe.whenWritable(bytes.count, wake) }
        }
    }

    /// As ``write(_:)``, for a thread that may block.
    public func writeBlocking(_ bytes: [UInt8]) throws {
        while try !tryWrite(bytes) {
            let semaphore = DispatchSemaphore(value: 0)
            whenWritable(bytes.count) { semaphore.signal() }
            semaphore.wait()
        }
    }

    /// Ends the stream. Only the first end counts.
    public func finish() {
        end(.finished)
    }

    /// Breaks the stream off: the reader gets `error` after the bytes that are already there.
    public func fail(_ error: any Error) {
        end(.failed(error))
    }

    // MARK: Reading

    /// The next bytes, or nil at the end.
    ///
    /// - Throws: the error that the writer failed with, `CancellationError` when the task is canceled.
    public func read() async throws -> [UInt8]? {
        while true {
            try Task.checkCancellation()
            if let result = try tryRead() { return result.isEmpty ? nil : result }
            await wait { pipe, wake in pipe.whenReadable(wake) }
        }
    }

    /// As ``read()``, for a thread that may block.
    public func readBlocking() throws -> [UInt8]? {
        while true {
            if let result = try tryRead() { return result.isEmpty ? nil : result }
            let semaphore = DispatchSemaphore(value: 0)
            whenReadable { semaphore.signal() }
            semaphore.wait()
        }
    }

    /// Says that nobody will read any more: what is under way is dropped and the writer gets ``BytePipeError/abandoned``.
    public func abandon() {
        let wakers = state.withLock { state in
            state.isAbandoned = true
            state.chunks = []
            state.head = 0
            state.headOffset = 0
            state.count = 0
            return state.takeWakers()
        }
        for wake in wakers { wake() }
    }

    // MARK: Without waiting

    /// - Returns: false if the pipe is full.
    func tryWrite(_ bytes: [UInt8]) throws -> Bool {
        guard !bytes.isEmpty else { return true }
        let (written, waker) = try state.withLock { state -> (Bool, (@Sendable () -> Void)?) in
            if state.isAbandoned { throw BytePipeError.abandoned }
            if state.end != nil { throw BytePipeError.finished }
            guard state.count == 0 || state.count + bytes.count <= capacity else { return (false, nil) }
            state.chunks.append(bytes)
            state.count += bytes.count
            state.written += Int64(bytes.count)
            defer { state.onReadable = nil }
            return (true, state.onReadable)
        }
        waker?()
        return written
    }

    /// - Returns: bytes, an empty array at the end, nil if there is nothing yet.
    func tryRead() throws -> [UInt8]? {
        let (result, waker) = try state.withLock { state -> ([UInt8]?, (@Sendable () -> Void)?) in
            if let chunk = state.nextChunk() {
                defer { state.onWritable = nil }
                return (chunk, state.onWritable)
            }
            if state.isAbandoned { throw BytePipeError.abandoned }
            switch state.end {
            case .finished: return ([], nil)
            case .failed(let error): throw error
            case nil: return (nil, nil)
            }
        }
        waker?()
        return result
    }

    /// Copies at most `buffer.count` bytes.
    func take(into buffer: UnsafeMutableRawBufferPointer) -> Taken {
        let (taken, waker) = state.withLock { state -> (Taken, (@Sendable () -> Void)?) in
            var copied = 0
            while copied < buffer.count, state.head < state.chunks.count {
                let chunk = state.chunks[state.head]
                let count = Swift.min(buffer.count - copied, chunk.count - state.headOffset)
                chunk.withUnsafeBytes { source in
                    let part = UnsafeRawBufferPointer(rebasing: source[state.headOffset..<(state.headOffset + count)])
                    UnsafeMutableRawBufferPointer(rebasing: buffer[copied..<(copied + count)]).copyMemory(from: part)
                }
                copied += count
                state.headOffset += count
                state.count -= count
                if state.headOffset == chunk.count {
                    state.headOffset = 0
                    state.dropHead()
                }
            }
            if copied > 0 {
                defer { state.onWritable = nil }
                return (.bytes(copied), state.onWritable)
            }
            switch state.end {
            case .finished: return (.end, nil)
            case .failed: return (.failed, nil)
            case nil: return (state.isAbandoned ? .failed : .nothingYet, nil)
            }
        }
        waker?()
        return taken
    }

    /// Calls `wake` once as soon as a read would not wait; at once if that is now.
    func whenReadable(_ wake: @escaping @Sendable () -> Void) {
        let now = state.withLock { state in
            if state.count > 0 || state.end != nil || state.isAbandoned { return true }
            state.onReadable = wake
            return false
        }
        if now { wake() }
    }

    /// Calls `wake` once when a write of `count` bytes may be worth another try; at once if that is now.
    ///
    /// Half of the pipe must be free first, or else a slow reader has the writer woken for every few bytes.
    func whenWritable(_ count: Int, _ wake: @escaping @Sendable () -> Void) {
        let now = state.withLock { state in
            let hasRoom = state.count == 0 || (state.count * 2 <= capacity && state.count + count <= capacity)
            if hasRoom || state.end != nil || state.isAbandoned { return true }
            state.onWritable = wake
            return false
        }
        if now { wake() }
    }

    private func end(_ end: End) {
        let wakers = state.withLock { state in
            guard state.end == nil else { return [@Sendable () -> Void]() }
            state.end = end
            return state.takeWakers()
        }
        for wake in wakers { wake() }
    }

    /// Waits for a wake-up or for the cancellation of the task, whichever comes first.
    private func wait(_ register: (BytePipe, @escaping @Sendable () -> Void) -> Void) async {
        let gate = Gate()
        await withTaskCancellationHandler {
            register(self) { gate.open() }
            await gate.wait()
        } onCancel: {
            gate.open()
        }
    }
}

public enum BytePipeError: Error, Equatable {
    /// The reader has gone.
    case abandoned
    /// Something was written after the end.
    case finished
}

extension BytePipeError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .abandoned: "The other side stopped reading."
        case .finished: "The stream had ended already."
        }
    }
}

extension BytePipe: AsyncSequence {
    public struct AsyncIterator: AsyncIteratorProtocol {
        let pipe: BytePipe

        public mutating func next() async throws -> [UInt8]? {
            try await pipe.read()
        }
    }

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(pipe: self)
    }
}

/// Lets one task wait until it is opened, once.
final class Gate: Sendable {
    private enum State {
        case closed
        case waiting(CheckedContinuation<Void, Never>)
        case open
    }

    private let state = Mutex(State.closed)

    func open() {
        let waiting: CheckedContinuation<Void, Never>? = state.withLock { state in
            defer { state = .open }
            if case .waiting(let continuation) = state { return continuation }
            return nil
        }
        waiting?.resume()
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if case .open = state { return true }
                state = .waiting(continuation)
                return false
            }
            if isOpen { continuation.resume() }
        }
    }
}
