import AgentProtocol
import Foundation
import Logging
import TaskModel

/// Writes the log of one run: masks secrets, makes CR LF of line ends, and ships the bytes with their offset to the broker.
///
/// ``ship()`` runs beside the work; the work waits when the broker is much slower than the build.
actor RunLogWriter {
    private static let mostPending = 1 << 20
    private static let largestAppend = 256 << 10

    private let broker: any RunBroker
    private let lease: LeaseID
    private let limit: Int64
    private let logger: Logger
    private var masker: SecretMasker
    private var pending: [UInt8] = []
    private var lastByte = UInt8(ascii: "\n")
    /// Bytes taken so far, pending ones included, and bytes that the broker has.
    private var taken: Int64 = 0
    private var shipped: Int64 = 0
    private var isCut = false
    private var isClosed = false
    private var isEnding = false
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private let clock: any Clock<Duration>
    /// Since the writer was made.
    private let elapsed: @Sendable () -> Duration
    /// When something came last, apart from lines that say only that the run goes on.
    private var lastOutput: Duration = .zero

    /// - Parameters:
    ///   - limit: bytes; what comes after them is dropped, with a line that says so.
    ///   - clock: measures silence.
    init(
        broker: any RunBroker, lease: LeaseID, secrets: [String], limit: Int64, logger: Logger,
        clock: some Clock<Duration> = ContinuousClock()
    ) {
        self.broker = broker
        self.lease = lease
        self.limit = limit
        self.logger = logger
        self.clock = clock
        let start = clock.now
        elapsed = { start.duration(to: clock.now) }
        masker = SecretMasker(secrets: secrets)
    }

    /// A line of our own, with the time in front. Control characters are shown as escapes.
    func line(_ text: String) async {
        lastOutput = elapsed()
        await add(text)
    }

    /// Keeps one more secret out of what comes from here on: one that the run was given on its way.
    func hide(_ secret: Secret) {
        masker.add([secret.value])
    }

    /// The text without the secrets that are kept out of the log.
    func masked(_ text: String) -> String { masker.masked(text) }

    /// Output as it came.
    func write(_ bytes: [UInt8]) async {
        lastOutput = elapsed()
        await add(bytes)
    }

    private func add(_ text: String) async {
        let separator = lastByte == UInt8(ascii: "\n") ? "" : "\n"
        await add(Array("\(separator)\(LogLine.text(text, at: Date()))\n".utf8))
    }

    private func add(_ bytes: [UInt8]) async {
        while pending.count > Self.mostPending, !isClosed, !isEnding { await change() }
        take(masker.mask(bytes))
    }

    // MARK: Silence

    /// Does `work`. When the log has been silent for a while meanwhile, a line says that the run goes on.
    ///
    /// - Parameter words: for that line; told how long the work has gone on.
    nonisolated func keepingAlive<Result>(
        _ words: @escaping @Sendable (_ elapsed: Duration) -> String, _ work: () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.remind(words) }
            defer { group.cancelAll() }
            return try await work()
        }
    }

    private func remind(_ words: @Sendable (Duration) -> String) async {
        let start = elapsed()
        var lastReminder: Duration?
        while true {
            let silentSince = max(lastOutput, start)
            var due = silentSince + KeepAlive.first
            if let lastReminder, lastReminder > silentSince { due = lastReminder + KeepAlive.every }
            let now = elapsed()
            if due > now {
                // Output that comes meanwhile makes it another time. Canceled: the work is over.
                do { try await clock.sleep(for: min(due - now, KeepAlive.first)) } catch { return }
                continue
            }
            if Task.isCancelled { return }
            lastReminder = now
            await add(words(now - start))
        }
    }

    /// From here on nobody waits for room any more: the run is to end, whatever the broker takes.
    func stopWaiting() {
        isEnding = true
        wake()
    }

    /// Ends the log: what was held back for masking is added. ``ship()`` ends when all is with the broker.
    func close() {
        take(masker.finish())
        isClosed = true
        wake()
    }

    /// The length of the stream, once it is closed.
    var length: Int64 { taken }

    /// Sends what comes until the log is closed and all is sent.
    ///
    /// - Throws: ``BrokerError/leaseLost``.
    func ship() async throws {
        var failures = 0
        while true {
            if pending.isEmpty {
                if isClosed { return }
                await change()
                continue
            }
            let piece = Array(pending.prefix(Self.largestAppend))
            do {
                try await broker.appendLog(piece, at: shipped, for: lease)
                shipped += Int64(piece.count)
                pending.removeFirst(piece.count)
                failures = 0
                wake()
            } catch BrokerError.leaseLost {
                // Nobody will take the rest, nor what is still to come.
                isCut = true
                pending = []
                wake()
                throw BrokerError.leaseLost
            } catch {
                failures += 1
                logger.warning("log not stored", metadata: ["error": "\(error)", "attempt": "\(failures)"])
                try await Task.sleep(for: .milliseconds(min(5000, 250 << min(failures, 5))))
            }
        }
    }

    private func take(_ bytes: [UInt8]) {
        guard !bytes.isEmpty, !isCut else { return }
        var ended: [UInt8] = []
        ended.reserveCapacity(bytes.count + 16)
        for byte in bytes {
            if byte == UInt8(ascii: "\n"), lastByte != UInt8(ascii: "\r") { ended.append(UInt8(ascii: "\r")) }
            ended.append(byte)
            lastByte = byte
        }
        if taken + Int64(ended.count) > limit {
            isCut = true
            let note =
                "\r\n\(LogLine.timestamp(Date())) The log has reached its limit of \(limit) bytes; what follows is not kept.\r\n"
            ended = Array(ended.prefix(Int(max(0, limit - taken)))) + Array(note.utf8)
        }
        pending += ended
        taken += Int64(ended.count)
        wake()
    }

    private func change() async {
        await withCheckedContinuation { waiters.append($0) }
    }

    private func wake() {
        for waiter in waiters { waiter.resume() }
        waiters = []
    }
}
