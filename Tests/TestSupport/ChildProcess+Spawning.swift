import Foundation
import Glibc

/// A file for what a program prints; it has no name and is gone with this object, unless it was given.
final class KeptOutput: Sendable {
    let descriptor: CInt

    init(appendingTo path: String? = nil) throws {
        let folder = FileManager.default.temporaryDirectory.path
        descriptor =
            if let path {
                open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            } else {
                // O_TMPFILE, a macro that Swift does not see.
                open(folder, O_RDWR | O_APPEND | O_CLOEXEC | 0o20_000_000 | O_DIRECTORY, 0o600)
            }
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }

    deinit { close(descriptor) }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while case let count = pread(descriptor, &block, block.count, off_t(bytes.count)), count > 0 {
            bytes += block.prefix(count)
        }
        return bytes
    }
}

/// What glibc adds to `posix_spawn`, since 2.29 and 2.34, and Swift does not see.
private enum Additions {
    fileprivate typealias Actions = UnsafeMutablePointer<posix_spawn_file_actions_t>

    static func closeFrom(_ actions: Actions, _ first: CInt) throws {
        typealias Function = @convention(c) (Actions, CInt) -> CInt
        _ = try unsafeBitCast(find("posix_spawn_file_actions_addclosefrom_np"), to: Function.self)(actions, first)
    }

    static func changeFolder(_ actions: Actions, _ folder: String) throws {
        typealias Function = @convention(c) (Actions, UnsafePointer<CChar>) -> CInt
        _ = try unsafeBitCast(find("posix_spawn_file_actions_addchdir_np"), to: Function.self)(actions, folder)
    }

    private static func find(_ name: String) throws -> UnsafeMutableRawPointer {
        guard let function = dlsym(nil, name) else { throw ChildProcess.Failure(description: "glibc has no \(name).") }
        return function
    }
}

extension ChildProcess {
    /// - Returns: the number of the new process.
    static func spawn(
        _ arguments: [String], environment: [String: String], folder: String?, input: Input, output: CInt, errors: CInt
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var opened: CInt?
        defer { if let opened { close(opened) } }
        switch input {
        case .nothing: posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        case .file(let path): posix_spawn_file_actions_addopen(&actions, 0, path, O_RDONLY, 0)
        case .text(let text):
            let end = try pipe(holding: text)
            opened = end
            posix_spawn_file_actions_adddup2(&actions, end, 0)
        case .descriptor(let given): posix_spawn_file_actions_adddup2(&actions, given, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        try Additions.closeFrom(&actions, 3)
        if let folder { try Additions.changeFolder(&actions, folder) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        setSignals(&attributes)
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var settings: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + settings { free(word) } }
        var id: pid_t = 0
        let code = posix_spawnp(&id, arguments[0], &actions, &attributes, &words, &settings)
        guard code == 0 else {
            let reason = String(cString: strerror(code))
            throw Failure(description: "\(arguments.joined(separator: " ")) can't be started: \(reason).")
        }
        return id
    }

    /// As in a shell: nothing is blocked, as it is in the threads that tests run on, and nothing ignored, as Ctrl-C is
    /// in what a script starts in the background.
    private static func setSignals(_ attributes: inout posix_spawnattr_t) {
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    }

    /// - Returns: the end to read, of a pipe that ends after the text.
    private static func pipe(holding text: String) throws -> CInt {
        var ends: [CInt] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
        defer { close(ends[1]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // Rather an error than waiting for somebody to read.
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        let bytes = Array(text.utf8)
        guard bytes.isEmpty || write(ends[1], bytes, bytes.count) == bytes.count else {
            close(ends[0])
            throw Failure(description: "A pipe does not hold \(bytes.count) bytes of input. Use a file.")
        }
        return ends[0]
    }
}
