import Glibc

/// A lock on a file by `flock`, against other processes and other threads alike; given up with the object.
public final class FileLock: Sendable {
    public enum Mode {
        case shared
        case exclusive
    }

    private let descriptor: CInt

    /// Waits for the lock, on the thread that asks.
    ///
    /// - Throws: `CancellationError` when the task is canceled, ``ContextError/unreadable(_:reason:)`` if the file
    ///   can't be made.
    public convenience init(_ path: String, _ mode: Mode) throws {
        while true {
            if let lock = try FileLock(trying: path, mode) {
                self.init(lock)
                return
            }
            try Task.checkCancellation()
            // flock itself could not be interrupted by a cancellation.
            usleep(20_000)
        }
    }

    /// Nil if another holds it.
    public convenience init?(trying path: String, _ mode: Mode) throws {
        let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ContextError.unreadable(path, reason: systemMessage()) }
        guard flock(descriptor, (mode == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            guard code == EWOULDBLOCK || code == EINTR else {
                throw ContextError.unreadable(path, reason: systemMessage(code))
            }
            return nil
        }
        self.init(descriptor: descriptor)
    }

    private init(descriptor: CInt) {
        self.descriptor = descriptor
    }

    private convenience init(_ other: FileLock) {
        self.init(descriptor: fcntl(other.descriptor, F_DUPFD_CLOEXEC, 0))
    }

    deinit {
        close(descriptor)
    }
}
