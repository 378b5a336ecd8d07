import AgentProtocol
import DockerEngine
import Foundation
import Logging
import TaskModel

/// Writes the log of one run: masks secrets, makes CR LF of line ends, and ships the bytes with their offset to the broker.
///
/// ``ship()`` runs beside the work, which never waits for it where the log is spooled to a file.
actor RunLogWriter {
    private static let largestAppend = 256 << 10

    private let broker: any RunBroker
    private let lease: LeaseID
    private let limit: Int64
    private let logger: Logger
    private let console: (any RunConsole)?
    private var masker: SecretMasker
    private var sources: [Int: StepOutputBuffer] = [:]
    private var lastSource = 0
    private var spool: any LogSpool
    private var lastByte = UInt8(ascii: "\n")
    /// Bytes taken so far, and bytes that the broker has.
    private var taken: Int64
    private var shipped: Int64
    /// Whether the broker may have another length than this writer thinks.
    private var isUnsure: Bool
    /// The last bytes, where the spool could not take them any more.
    private var ending: (start: Int64, bytes: [UInt8])?
    private var isCut = false
    /// Whether the server refused a part of the log for good.
    private var isRefused = false
    /// What the log has not, and why.
    private(set) var loss: LogLoss?
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
    ///   - spool: may have bytes already, those of the same run before the agent was restarted.
    ///   - console: sees the same, its parts told apart.
    ///   - clock: measures silence.
    init(
        broker: any RunBroker, lease: LeaseID, secrets: [String], limit: Int64, logger: Logger,
        spool: any LogSpool = MemorySpool(), console: (any RunConsole)? = nil,
        clock: some Clock<Duration> = ContinuousClock()
    ) {
        self.broker = broker
        self.lease = lease
        self.limit = limit
        self.spool = spool
        taken = spool.length
        shipped = taken
        isUnsure = taken > 0
        self.logger = logger
        self.console = console
        self.clock = clock
        let start = clock.now
        elapsed = { start.duration(to: clock.now) }
        masker = SecretMasker(secrets: secrets)
        // Unreadable: one more line end does no harm.
        if taken > 0 { lastByte = (try? spool.read(at: taken - 1, most: 1))?.first ?? 0 }
    }

    /// A line of our own, with the time in front. Control characters are shown as escapes.
    func line(_ text: String) async {
        lastOutput = elapsed()
        await add(text)
    }

    /// Several lines of our own, without the time, each with its end.
    func text(_ text: String) async {
        lastOutput = elapsed()
        await waitForRoom()
        let shown = masker.masked(text)
        take(Array(shown.utf8), isOwn: true)
        console?.say(String(shown.hasSuffix("\n") ? shown.dropLast() : shown[...]))
    }

    /// Keeps one more secret out of what comes from here on: one that the run was given on its way.
    func hide(_ secret: Secret) {
        masker.add([secret.value])
        for number in sources.keys { sources[number]?.hide(secret.value) }
    }

    /// The text without the secrets that are kept out of the log.
    func masked(_ text: String) -> String { masker.masked(text) }

    // MARK: Output of steps

    /// Gives the output of one container or build a way into the log while `work` goes on.
    ///
    /// - Parameters:
    ///   - isShared: whether other steps may print at the same time.
    ///   - mark: what the log has of the container already; nil for a build.
    nonisolated func withOutput<Result>(
        of step: String, isShared: Bool, mark: LogMark? = nil, _ work: (StepOutput) async throws -> Result
    ) async throws -> Result {
        let output = await open(step, isShared: isShared, mark: mark)
        do {
            let result = try await work(output)
            await close(output.number)
            return result
        } catch {
            await close(output.number)
            throw error
        }
    }

    func open(_ step: String, isShared: Bool, mark: LogMark? = nil) -> StepOutput {
        lastSource += 1
        sources[lastSource] = StepOutputBuffer(step: step, isShared: isShared, masker: masker, mark: mark)
        return StepOutput(log: self, number: lastSource)
    }

    func close(_ number: Int) {
        guard let ready = sources[number]?.finish() else { return }
        take(ready, of: number)
        sources[number] = nil
    }

    func write(_ bytes: [UInt8], to number: Int, from channel: ContainerOutput.Channel = .standard) async {
        lastOutput = elapsed()
        await waitForRoom()
        guard let ready = sources[number]?.add(bytes, from: channel) else { return }
        take(ready, of: number)
    }

    private func take(_ ready: (log: [UInt8], plain: [UInt8]), of number: Int) {
        guard let source = sources[number] else { return }
        take(ready.log, isOwn: source.isShared, mark: source.mark)
        if !ready.plain.isEmpty { console?.print(ready.plain, of: source.step, isShared: source.isShared) }
    }

    private func add(_ text: String) async {
        await waitForRoom()
        let line = masker.masked(LogLine.text(text, at: Date()))
        take(Array("\(line)\n".utf8), isOwn: true)
        console?.say(line)
    }

    private func waitForRoom() async {
        while !spool.hasRoom, !isCut, !isClosed, !isEnding { await change() }
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
        for number in sources.keys.sorted() { close(number) }
        isClosed = true
        wake()
    }

    /// The length of the stream, once it is closed.
    var length: Int64 { taken }

    /// Sends what comes until the log is closed and all is sent.
    ///
    /// - Throws: ``BrokerError/leaseLost``; `CancellationError` when the task is canceled while it waits for the broker.
    func ship() async throws {
        var failures = 0
        while true {
            let piece = isUnsure ? [] : next()
            if piece.isEmpty, !isUnsure {
                if isClosed { return }
                await change()
                continue
            }
            let offset = shipped
            do {
                try await broker.appendLog(piece, at: offset, for: lease)
                isUnsure = false
                noteShipped(offset + Int64(piece.count))
                failures = 0
            } catch BrokerError.leaseLost {
                // Nobody will take the rest, nor what is still to come.
                isCut = true
                spool.acknowledge(taken)
                wake()
                throw BrokerError.leaseLost
            } catch BrokerError.logOffset(let expected) where expected != offset {
                isUnsure = false
                resync(at: expected)
            } catch BrokerError.refused(let reason) {
                logger.error("log refused", metadata: ["error": "\(reason)"])
                giveUp(because: reason)
            } catch {
                failures += 1
                logger.warning("log not stored", metadata: ["error": "\(error)", "attempt": "\(failures)"])
                try await clock.sleep(for: Outage.pause(after: failures))
            }
        }
    }

    /// Sends the rest once more: the broker has only so many bytes.
    func shipAgain(from stored: Int64) async throws {
        shipped = max(0, min(stored, taken))
        try await ship()
    }

    /// What is to be sent next; nothing if all is sent.
    private func next() -> [UInt8] {
        if let ending, shipped >= ending.start { return Array(ending.bytes.dropFirst(Int(shipped - ending.start))) }
        let most = Int(min(Int64(Self.largestAppend), (ending?.start ?? taken) - shipped))
        guard most > 0 else { return [] }
        let reason: String
        do {
            let bytes = try spool.read(at: shipped, most: most)
            if !bytes.isEmpty { return bytes }
            reason = "the agent's copy of it ends early"
        } catch {
            logger.error("log not read", metadata: ["error": "\(error)"])
            reason = "the agent could not read its copy of it"
        }
        cutAgain(because: reason)
        return ending?.bytes ?? []
    }

    /// The log ends at what the broker has.
    private func cutAgain(because reason: String) {
        let missing = taken - shipped
        taken = shipped
        cut(losing: missing, because: reason)
    }

    /// The same bytes again would be refused again: a line that says so is tried in their place, and then nothing.
    private func giveUp(because reason: String) {
        isUnsure = false
        if isRefused {
            taken = shipped
            ending = nil
        } else {
            isRefused = true
            cutAgain(because: "the server refused it: \(reason)")
        }
        wake()
    }

    /// The broker has more or less of this stream than it said before.
    private func resync(at expected: Int64) {
        if expected > taken {
            taken = expected
            isCut = false
            cut(losing: 0, because: "the agent lost the end of its copy of it")
        }
        shipped = expected
    }

    private func noteShipped(_ length: Int64) {
        shipped = length
        spool.acknowledge(length)
        wake()
    }

    /// - Parameter isOwn: whether it must begin at the begin of a line.
    private func take(_ bytes: [UInt8], isOwn: Bool, mark: LogMark? = nil) {
        guard !bytes.isEmpty else { return }
        guard !isCut else { return lose(Int64(bytes.count)) }
        let bytes = isOwn && lastByte != UInt8(ascii: "\n") ? [UInt8(ascii: "\n")] + bytes : bytes
        var ended: [UInt8] = []
        ended.reserveCapacity(bytes.count + 16)
        for byte in bytes {
            if byte == UInt8(ascii: "\n"), lastByte != UInt8(ascii: "\r") { ended.append(UInt8(ascii: "\r")) }
            ended.append(byte)
            lastByte = byte
        }
        let most = min(limit, spool.limit)
        let fitting = min(Int64(ended.count), max(0, most - taken))
        do {
            try spool.append(Array(ended.prefix(Int(fitting))), mark: mark)
            taken += fitting
            let rest = Int64(ended.count) - fitting
            if rest > 0 {
                cut(
                    losing: rest,
                    because: limit <= spool.limit
                        ? "it has reached its limit of \(limit) bytes"
                        : "the agent keeps no more than \(spool.limit) bytes of it")
            }
        } catch {
            logger.error("log not kept", metadata: ["error": "\(error)"])
            cut(losing: Int64(ended.count), because: "the agent could not write it: \(error.reason)")
        }
        wake()
    }

    /// Ends the log with a line that says why nothing follows. The run goes on.
    private func cut(losing bytes: Int64, because reason: String) {
        isCut = true
        loss = LogLoss(bytes: 0, reason: reason)
        lose(bytes)
        let line = LogLine.text("The log ends here: \(reason). What follows is not kept.", at: Date())
        ending = (taken, Array("\r\n\(line)\r\n".utf8))
        taken += Int64(ending?.bytes.count ?? 0)
    }

    private func lose(_ bytes: Int64) {
        guard let known = loss else { return }
        loss = LogLoss(bytes: (known.bytes ?? 0) + bytes, reason: known.reason)
    }

    private func change() async {
        await withCheckedContinuation { waiters.append($0) }
    }

    private func wake() {
        for waiter in waiters { waiter.resume() }
        waiters = []
    }
}
