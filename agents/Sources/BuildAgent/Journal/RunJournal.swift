import Contexts
import Foundation
import Synchronization

/// Writes down what happens to one run, each line on the disk before what it announces is done: what a killed agent
/// left can so be brought to its end.
final class RunJournal: Sendable {
    private let path: String
    private let descriptor: CInt
    private let isOpen = Mutex(true)

    /// - Parameter path: made; of a journal that is there the end is added to.
    /// - Throws: ``SpoolError``
    init(_ path: String) throws(SpoolError) {
        let descriptor = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SpoolError(path: path, reason: String(cString: strerror(errno))) }
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// - Throws: ``SpoolError`` if it is not on the disk.
    func note(_ entry: JournalEntry) async throws {
        let line = try JSONEncoder().encode(entry) + [0x0a]
        try await BlockingExecutor.shared.run { [self] in try write(line) }
    }

    private func write(_ line: Data) throws {
        try isOpen.withLock { isOpen in
            guard isOpen else { return }
            let length = lseek(descriptor, 0, SEEK_END)
            let written = line.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written == line.count, fdatasync(descriptor) == 0 else {
                let reason = String(cString: strerror(errno))
                // The next line is to begin a line of its own.
                if length >= 0 { _ = ftruncate(descriptor, length) }
                throw SpoolError(path: path, reason: reason)
            }
        }
    }

    /// The server has all that it says, or wants to hear nothing of it.
    func remove() {
        isOpen.withLock { isOpen in
            isOpen = false
            unlink(path)
        }
    }
}
