import ResourceAPI
import TaskModel

/// Follows a run to its end: its log, its result, and Ctrl-C meanwhile.
struct RunFollower: Sendable {
    let connection: Connection
    let id: RunID
    let interrupts: Interrupts
    var isColored = true

    private var resource: ResourceID { connection.registry.run(id) }

    init(connection: Connection, id: RunID, interrupts: Interrupts, isColored: Bool = true) {
        self.connection = connection
        self.id = id
        self.interrupts = interrupts
        self.isColored = isColored
        interrupts.leave(saying: detachedMessage)
    }

    private var detachedMessage: String { "Run \(id) goes on. Follow it with: slipway logs -f \(id)" }

    /// Prints the log as it grows and, if the run did not succeed, leaves with the code of its status.
    func follow() async throws {
        let printer = LogPrinter(isColored: isColored)
        let outcome = try await attended(printer) {
            for try await element in connection.client.log(of: resource, follows: true) {
                switch element {
                case .bytes(let bytes): await printer.write(bytes)
                case .end(let outcome):
                    await printer.finish()
                    return outcome
                }
            }
            return LogOutcome.incomplete
        }
        let run = try await connection.client.run(resource)
        // The log may be complete a moment before the status is written.
        guard run.properties?.knownStatus?.isTerminal != true else { return try report(run, saysWhy: false) }
        guard outcome == .succeeded else { throw ExitStatus(outcome).exitCode }
    }

    /// Waits without the log.
    func waitForEnd() async throws -> RunResource {
        try await attended(LogPrinter(isColored: isColored)) {
            var seconds = 0.2
            while true {
                let run = try await connection.client.run(resource)
                if run.properties?.knownStatus?.isTerminal == true { return run }
                try await Task.sleep(for: .seconds(seconds))
                seconds = min(2, seconds * 1.5)
            }
        }
    }

    /// Says how the run ended, if not well, and leaves with the code for it.
    ///
    /// - Parameter saysWhy: false where the end of the log has said so just now.
    func report(_ run: RunResource, saysWhy: Bool = true) throws {
        let status = run.properties?.knownStatus
        guard status != .succeeded else { return }
        let reason = saysWhy ? run.properties?.runErrorMessage.map { ": " + $0.escapedForDisplay } ?? "" : ""
        Terminal.say("error: Run \(id) ended as \(run.properties?.status ?? "unknown")\(reason)")
        throw ExitStatus(status).exitCode
    }

    // MARK: Ctrl-C

    private enum Event<Result: Sendable>: Sendable {
        case ended(Result)
        case interrupted
    }

    /// Does `work` while Ctrl-C asks whether to cancel the run.
    private func attended<Result: Sendable>(
        _ printer: LogPrinter, _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Event<Result>.self) { group in
            group.addTask { .ended(try await work()) }
            group.addTask {
                for await _ in interrupts.first { return .interrupted }
                throw CancellationError()
            }
            defer { group.cancelAll() }
            while let event = try await group.next() {
                switch event {
                case .ended(let result): return result
                case .interrupted:
                    await printer.hold()
                    guard try await wantsCancel() else {
                        Terminal.say(detachedMessage)
                        await printer.release()
                        throw ExitStatus.interrupted.exitCode
                    }
                    try await connection.client.cancelRun(resource)
                    Terminal.say("Canceling run \(id)...")
                    await printer.release()
                }
            }
            throw CancellationError()
        }
    }

    /// Without a terminal there is nobody to ask.
    private func wantsCancel() async throws -> Bool {
        guard Terminal.isInputInteractive, Terminal.isErrorInteractive else { return false }
        Terminal.show("\nCancel run \(id)? [y/N] ")
        return await Question.isAnsweredYes()
    }
}
