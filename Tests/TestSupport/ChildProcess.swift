import Foundation
import Glibc
import Synchronization

/// A program that a test runs.
///
/// Use this, not Foundation's `Process`: that one learns that a program has ended when a socket closes of which programs
/// started at the same moment may hold a copy, and waits for it on one of the few threads that all tests share. Here each
/// program has a thread that waits for it, what it prints goes to files, so that no pipe has to come to its end, and a
/// program inherits nothing but its three standard streams.
///
/// A program that runs longer than its limit is killed, whoever waits for what of it.
public final class ChildProcess: Sendable {
    /// What a program reads.
    public enum Input: Sendable {
        case nothing
        case file(String)
        /// Through a pipe, which has to hold all of it: 64 KiB.
        case text(String)
        /// The caller's, who may close it when the program has started.
        case descriptor(CInt)
    }

    /// Where the second stream goes.
    public enum Errors: Sendable {
        case apart
        case withOutput
        /// A file, at whose end they are added.
        case file(String)
        /// As ``Input/descriptor(_:)``; nothing of it can be read here.
        case descriptor(CInt)
    }

    /// What was printed so far.
    public struct Printed: Sendable {
        public let outputBytes: [UInt8]
        public let errorBytes: [UInt8]
        public var output: String { String(decoding: outputBytes, as: UTF8.self) }
        public var errors: String { String(decoding: errorBytes, as: UTF8.self) }

        /// The first whole line on standard output, without its end; nil as long as there is none.
        public var firstLine: String? {
            outputBytes.firstIndex(of: 0x0a).map { String(decoding: outputBytes[..<$0], as: UTF8.self) }
        }
    }

    public struct Ending: Sendable {
        /// The exit code, or 128 and the number of the signal.
        public let code: CInt
        public let printed: Printed
        public var output: String { printed.output }
        public var errors: String { printed.errors }
    }

    private struct State {
        var code: CInt?
        var isOverdue = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let id: pid_t
    private let arguments: [String]
    private let limit: Duration
    private let output: KeptOutput
    private let errors: KeptOutput?
    private let state = Mutex(State())

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - arguments: a path or a name to look for in `PATH`, and what it is given.
    ///   - environment: nil is ours.
    ///   - folder: where it runs; nil is where we do.
    ///   - limit: how long it may run.
    /// - Throws: ``Failure`` if it can't be started.
    public init(
        _ arguments: [String], environment: [String: String]? = nil, folder: String? = nil, input: Input = .nothing,
        errors: Errors = .apart, limit: Duration = .seconds(120)
    ) throws {
        self.arguments = arguments
        self.limit = limit
        output = try KeptOutput()
        let errorDescriptor: CInt
        switch errors {
        case .apart: self.errors = try KeptOutput()
        case .file(let path): self.errors = try KeptOutput(appendingTo: path)
        case .withOutput, .descriptor: self.errors = nil
        }
        if case .descriptor(let given) = errors {
            errorDescriptor = given
        } else {
            errorDescriptor = (self.errors ?? output).descriptor
        }
        id = try Self.spawn(
            arguments, environment: environment ?? ProcessInfo.processInfo.environment, folder: folder, input: input,
            output: output.descriptor, errors: errorDescriptor)
        Thread.detachNewThread { self.awaitEnd() }
        let seconds = Double(limit.components.seconds)
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { [weak self] in self?.killOverdue() }
    }

    /// Runs a program to its end.
    ///
    /// - Returns: what it printed, without white space at the ends.
    /// - Throws: ``Failure`` if it can't be started, doesn't end in time, or ends with anything but 0.
    @discardableResult
    public static func run(
        _ arguments: [String], environment: [String: String]? = nil, folder: String? = nil, input: Input = .nothing
    ) async throws -> String {
        let child = try ChildProcess(arguments, environment: environment, folder: folder, input: input)
        let ending = try await child.ended()
        guard ending.code == 0 else { throw child.failure("ended with \(ending.code)") }
        return ending.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    // MARK: Waiting

    /// Waits until the program has ended.
    ///
    /// - Throws: ``Failure`` if it had to be killed because its time was over.
    public func ended() async throws -> Ending {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if state.code == nil { state.waiting.append(continuation) }
                return state.code != nil
            }
            if hasEnded { continuation.resume() }
        }
        let (code, isOverdue) = state.withLock { ($0.code, $0.isOverdue) }
        guard let code, !isOverdue else { throw failure("did not end within \(limit) and was killed") }
        return Ending(code: code, printed: printed)
    }

    /// Waits until `find` finds something in what the program has printed.
    ///
    /// - Throws: ``Failure`` if the program ends before, or its time does.
    @discardableResult
    public func wait<Value: Sendable>(for find: @escaping @Sendable (Printed) -> Value?) async throws -> Value {
        try await found("what \(arguments) should print", within: limit + .seconds(5)) { [self] in
            // Looked at in this order: what it printed last counts too.
            let hasEnded = state.withLock { $0.code != nil }
            if let value = find(printed) { return value }
            if hasEnded { throw failure("ended before it printed what was waited for") }
            return nil
        }
    }

    public var hasEnded: Bool { state.withLock { $0.code != nil } }

    public var printed: Printed {
        Printed(outputBytes: output.bytes, errorBytes: errors?.bytes ?? [])
    }

    // MARK: Signals

    public func interrupt() { send(SIGINT) }

    /// Has it end: asked to, and a little later made to.
    public func stop() {
        send(SIGTERM)
        DispatchQueue.global().asyncAfter(deadline: .now() + 5) { [weak self] in self?.send(SIGKILL) }
    }

    public func send(_ signal: CInt) {
        // While it is not known to have ended it is not waited for, and its number is nobody else's.
        state.withLock { if $0.code == nil { kill(id, signal) } }
    }

    /// What happens when the limit is over.
    func killOverdue() {
        state.withLock { state in
            guard state.code == nil else { return }
            state.isOverdue = true
            kill(id, SIGKILL)
        }
    }

    private func awaitEnd() {
        var info = siginfo_t()
        while waitid(P_PID, id_t(id), &info, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        let waiting = state.withLock { state in
            var status: CInt = 0
            while waitpid(id, &status, 0) < 0, errno == EINTR {}
            state.code = status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    // MARK: Failing

    /// What went wrong with a program, with its command line and what it printed.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    private func failure(_ what: String) -> Failure {
        let printed = printed
        let all = [printed.output, printed.errors].filter { !$0.isEmpty }.joined(separator: "\n")
        let text = all.isEmpty ? "It had printed nothing." : "It had printed:\n\(all)"
        return Failure(description: "\(arguments.joined(separator: " ")) \(what). \(text)")
    }
}
