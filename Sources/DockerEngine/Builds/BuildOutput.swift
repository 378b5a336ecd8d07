import Synchronization
import TaskModel

/// Carries what a BuildKit build says from the task that reads it to the task that prints it.
///
/// The reader waits while too much is under way; the printer collects for a moment, since vertices end and start again
/// within it.
final class BuildOutput: Sendable {
    enum Event: Sendable {
        case trace(WireStatusResponse, bytes: Int)
        /// Printed as it is, after all that came before.
        case text([UInt8])

        var size: Int {
            switch self {
            case .trace(_, let bytes): bytes
            case .text(let bytes): bytes.count
            }
        }
    }

    private struct State {
        var events: [Event] = []
        var size = 0
        var isFinished = false
    }

    private static let maxBytes = 1 << 20
    /// The moment is six of these, or less at the end.
    private static let pause = Duration.milliseconds(20)

    private let state = Mutex(State())
    private let arrived = Signal()
    private let printed = Signal()

    /// Adds an event, waiting while too many are under way.
    ///
    /// - Throws: `CancellationError` when the task is canceled.
    func add(_ event: Event) async throws {
        while true {
            try Task.checkCancellation()
            let isTaken = state.withLock { state in
                guard state.size < Self.maxBytes else { return false }
                state.events.append(event)
                state.size += event.size
                return true
            }
            if isTaken { break }
            await printed.wait()
        }
        arrived.raise()
    }

    /// Says that nothing more comes.
    func finish() {
        state.withLock { $0.isFinished = true }
        arrived.raise()
    }

    /// Prints until ``finish()`` was called and everything is out.
    ///
    /// - Parameter vertices: gets those that have changed, each time something was printed or could have been.
    /// - Returns: what the build was seen to do.
    /// - Throws: what `output` throws, `CancellationError` when the task is canceled.
    func print(
        to output: @Sendable ([UInt8]) async throws -> Void,
        vertices: @Sendable ([BuildVertex]) async -> Void = { _ in }
    ) async throws -> BuildProgress {
        var plain = PlainProgress()
        var changes = VertexChanges()
        let begin = ContinuousClock.now
        while true {
            await arrived.wait()
            try Task.checkCancellation()
            for _ in 0..<6 where !isFinished { try await Task.sleep(for: Self.pause) }
            let isLast = isFinished
            let now = (ContinuousClock.now - begin) / .seconds(1)
            var bytes: [UInt8] = []
            for event in take() {
                switch event {
                case .trace(let update, _): plain.apply(update, now: now)
                case .text(let text): bytes += plain.render(now: now) + plain.interrupt() + text
                }
            }
            printed.raise()
            bytes += isLast ? plain.finish() : plain.render(now: now)
            if !bytes.isEmpty { try await output(bytes) }
            let changed = changes.take(from: plain)
            if !changed.isEmpty { await vertices(changed) }
            if isLast { return plain.progress }
        }
    }

    private var isFinished: Bool { state.withLock(\.isFinished) }

    private func take() -> [Event] {
        state.withLock { state in
            defer {
                state.events = []
                state.size = 0
            }
            return state.events
        }
    }
}

/// Wakes one waiting task. Raised before anyone waits, it lets the next wait return at once.
final class Signal: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func raise() { continuation.yield() }

    /// Returns once raised, or when the task is canceled.
    func wait() async {
        for await _ in stream { return }
    }
}
