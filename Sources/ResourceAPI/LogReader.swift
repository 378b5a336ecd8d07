public import TaskModel

/// The log of a run, read while it grows.
///
/// Each step is one ranged `GET` of the log link with `wait=SECONDS`, which our server answers when there is more or
/// the log is complete; from a server that does not know `wait`, it polls.
public struct LogReader: AsyncSequence, Sendable {
    public enum Element: Sendable, Hashable {
        /// The next bytes, as stored: lines end in CR LF.
        case bytes([UInt8])
        /// The last element: the log is complete.
        case end(LogOutcome)
    }

    let client: ResourceClient
    let run: ResourceID
    /// Whether to wait for more, or to end with what is there.
    let follows: Bool
    let start: Int64

    public func makeAsyncIterator() -> Iterator {
        Iterator(client: client, run: run, follows: follows, offset: start)
    }

    public struct Iterator: AsyncIteratorProtocol {
        /// In bytes. One request asks for no more than this.
        static let rangeSize: Int64 = 1 << 20
        static let waitSeconds = 20
        /// How long a server that can't be reached is waited for: it may be restarting.
        static let patience = 60

        let client: ResourceClient
        let run: ResourceID
        let follows: Bool
        /// How many bytes have been handed out.
        var offset: Int64
        private var link: String?
        private var isFreshLink = false
        private var isOver = false
        private var secondsWaited = 0
        /// Set with the last bytes: the next request would find nothing.
        private var pending: LogOutcome?

        init(client: ResourceClient, run: ResourceID, follows: Bool, offset: Int64) {
            self.client = client
            self.run = run
            self.follows = follows
            self.offset = offset
        }

        public mutating func next() async throws -> Element? {
            while !isOver {
                let step: LogStep
                do {
                    step = try await request()
                    secondsWaited = 0
                } catch ResourceError.unreachable where secondsWaited < Self.patience {
                    step = .wait(seconds: Swift.min(10, 1 + secondsWaited))
                } catch ResourceError.refused(status: 503, _, _, _) where secondsWaited < Self.patience {
                    step = .wait(seconds: Swift.min(10, 1 + secondsWaited))
                }
                switch step {
                case .bytes(let bytes, let outcome):
                    offset += Int64(bytes.count)
                    isFreshLink = false
                    pending = outcome
                    return .bytes(bytes)
                case .complete(let outcome):
                    return end(outcome)
                case .nothingYet, .wait, .noLog:
                    isFreshLink = false
                    guard follows else { return end(.incomplete) }
                    if case .noLog = step, let outcome = try await outcomeWithoutLog() { return end(outcome) }
                    if case .wait(let seconds) = step {
                        secondsWaited += seconds
                        try await Task.sleep(for: .seconds(seconds))
                    }
                case .newLink:
                    guard !isFreshLink else {
                        throw ResourceError.unexpectedAnswer(
                            server: client.server, status: 403,
                            reason: "it refuses the link to the log that it has just given")
                    }
                    link = nil
                }
            }
            return nil
        }

        private mutating func end(_ outcome: LogOutcome) -> Element {
            isOver = true
            return .end(outcome)
        }

        /// A run that has ended and has no log will not get one; for others, waits a moment.
        private func outcomeWithoutLog() async throws -> LogOutcome? {
            if let status = try await client.run(run).properties?.knownStatus, let outcome = LogOutcome(status) {
                return outcome
            }
            try await Task.sleep(for: .seconds(1))
            return nil
        }

        private mutating func request() async throws -> LogStep {
            if let pending { return .complete(pending) }
            let link = try await currentLink()
            return try await client.readLog(
                link, from: offset, to: offset + Self.rangeSize - 1, waitSeconds: follows ? Self.waitSeconds : 0)
        }

        private mutating func currentLink() async throws -> String {
            if let link { return link }
            guard let fresh = try await client.logLink(of: run).logLink else {
                throw ResourceError.unexpectedAnswer(
                    server: client.server, status: 200, reason: "it gave no link to the log")
            }
            link = fresh
            isFreshLink = true
            return fresh
        }
    }
}

/// How a run ended, as its log says (`x-ms-meta-Complete`).
public enum LogOutcome: Sendable, Hashable {
    case succeeded
    case failed
    case error
    case timedOut
    case canceled
    /// The log goes on: only when it was not to be followed.
    case incomplete

    /// Nil for a status that is not the end.
    public init?(_ status: RunStatus) {
        switch status {
        case .succeeded: self = .succeeded
        case .failed: self = .failed
        case .error: self = .error
        case .timeout: self = .timedOut
        case .canceled: self = .canceled
        case .queued, .started, .running: return nil
        }
    }

    init(complete text: String) {
        switch text.lowercased() {
        case "failed": self = .failed
        case "internalerror": self = .error
        case "timedout": self = .timedOut
        case "canceled": self = .canceled
        default: self = .succeeded
        }
    }
}

/// What one request for a part of a log came to.
enum LogStep {
    /// With the outcome if these are the last bytes.
    case bytes([UInt8], LogOutcome?)
    case complete(LogOutcome)
    case nothingYet
    case noLog
    case wait(seconds: Int)
    /// The link has run out.
    case newLink
}
