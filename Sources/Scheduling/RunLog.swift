import AgentProtocol
import Foundation
public import Storage
public import TaskModel

/// The log of a run as clients see it: what was stored, then one last line that follows from the run's record.
///
/// Deriving that line makes the end of the log and the end of the run one thing: no write can be missing between them.
public struct RunLog: Sendable {
    /// The word that tells clients how the run ended.
    public enum Ending: String, Sendable {
        case successful
        case failed
        case canceled
        case timedOut = "timedout"
        case internalError = "internalerror"
    }

    public let run: Run
    private let store: LogStore
    private let lastLine: [UInt8]
    private let storedLength: Int64

    public init(run: Run, store: LogStore) {
        self.run = run
        self.store = store
        storedLength = store.length(of: run.id)
        lastLine = Self.lastLine(of: run).map { Array(($0 + "\r\n").utf8) } ?? []
    }

    /// Bytes so far.
    public var length: Int64 { storedLength + Int64(lastLine.count) }

    /// Nil while more may come.
    public var ending: Ending? {
        switch run.status {
        case .queued, .started, .running: nil
        case .succeeded: .successful
        case .failed: .failed
        case .canceled: .canceled
        case .timeout: .timedOut
        case .error: .internalError
        }
    }

    /// At most `count` bytes from `offset` on; none before the end if what was stored has been removed since.
    public func read(from offset: Int64, count: Int) throws -> [UInt8] {
        let end = min(offset + Int64(count), length)
        guard offset >= 0, offset < end else { return [] }
        var bytes: [UInt8] = []
        if offset < storedLength {
            let count = Int(min(end, storedLength) - offset)
            bytes = try store.read(run.id, from: offset, count: count)
            guard bytes.count == count else { return bytes }
        }
        if end > storedLength {
            let from = Int(max(offset, storedLength) - storedLength)
            bytes += lastLine[from..<Int(end - storedLength)]
        }
        return bytes
    }

    static func lastLine(of run: Run) -> String? {
        guard run.status.isTerminal, let finish = run.finishTime else { return nil }
        let duration = Duration.seconds(finish.timeIntervalSince(run.startTime ?? finish).rounded()).brief
        let message = run.errorMessage.map { " Error: " + $0.escapedForDisplay } ?? ""
        return switch run.status {
        case .succeeded: "Run ID: \(run.id) was successful after \(duration)"
        case .canceled: "Run ID: \(run.id) was canceled after \(duration).\(message)"
        case .timeout: "Run ID: \(run.id) timed out after \(duration).\(message)"
        default: "Run ID: \(run.id) failed after \(duration).\(message)"
        }
    }
}
