import Foundation
import Glibc
import Synchronization

/// One at a time, or a child could inherit the end of another's pipe before it is marked as not to be inherited.
private let starting = Mutex(())

/// A program that a test starts. Foundation's `Process` waits on a run loop and at times for ever.
final class ChildProcess {
    enum Stream {
        case output
        case error
    }

    struct Failure: Error {
        let arguments: [String]
    }

    private let id: pid_t
    private let reader: CInt

    /// - Parameters:
    ///   - input: a file for standard input; nil for none.
    ///   - stream: what ``readLine()`` and ``readAll()`` read.
    init(
        _ arguments: [String], environment: [String: String]? = nil, input: String? = nil,
        reading stream: Stream = .output,
        log: String = "/dev/null"
    ) throws {
        (id, reader) = try starting.withLock { _ in
            try Self.start(
                arguments, environment: environment ?? ProcessInfo.processInfo.environment, input: input,
                reading: stream, log: log)
        }
    }

    private static func start(
        _ arguments: [String], environment: [String: String], input: String?, reading stream: Stream, log: String
    ) throws -> (pid_t, CInt) {
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failure(arguments: arguments) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input ?? "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], stream == .output ? 1 : 2)
        posix_spawn_file_actions_addopen(&actions, stream == .output ? 2 : 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        // Threads of Dispatch's have signals blocked, which a child would inherit.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var settings: [UnsafeMutablePointer<CChar>?] =
            environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + settings { free(word) } }
        var id: pid_t = 0
        let code = posix_spawnp(&id, arguments[0], &actions, &attributes, &words, &settings)
        close(ends[1])
        guard code == 0 else {
            close(ends[0])
            throw Failure(arguments: arguments)
        }
        return (id, ends[0])
    }

    deinit {
        close(reader)
    }

    /// Runs a program to its end.
    ///
    /// - Returns: what it printed, without white space at the ends.
    /// - Throws: ``Failure`` if it ends with anything but 0.
    @discardableResult
    static func run(_ arguments: [String], environment: [String: String]? = nil, input: String? = nil) throws -> String
    {
        let child = try ChildProcess(arguments, environment: environment, input: input)
        let output = child.readAll()
        guard child.wait() == 0 else { throw Failure(arguments: arguments) }
        return output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func readLine() -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while read(reader, &byte, 1) == 1, byte != UInt8(ascii: "\n") { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }

    func readAll() -> String { String(decoding: readBytes(), as: UTF8.self) }

    func readBytes() -> [UInt8] {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(reader, &block, block.count), count > 0 { bytes += block.prefix(count) }
        return bytes
    }

    /// - Returns: the exit code, or 128 and the number of the signal.
    @discardableResult
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
    }

    func stop() {
        kill(id, SIGTERM)
        wait()
    }
}
