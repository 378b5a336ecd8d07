import Contexts
import Foundation

/// A small file that is made once, by whoever asks first, and stays: an agent and its watchdog may begin at once.
enum LastingFile {
    /// What is in the file, which is for this user alone.
    ///
    /// - Parameters:
    ///   - count: its length in bytes; a file of another one is made anew.
    ///   - make: what it is to hold if there is none yet.
    /// - Throws: ``ContextError/unreadable(_:reason:)`` or `POSIXError` if it can't be made.
    static func content(of path: String, count: Int, make: () -> [UInt8]) throws -> [UInt8] {
        if let kept = kept(path, count) { return kept }
        let lock = try FileLock(path + ".lock", .exclusive)
        defer { withExtendedLifetime(lock) {} }
        if let kept = kept(path, count) { return kept }
        let content = make()
        let new = path + ".new"
        unlink(new)  // of a start that was broken off
        let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try file.write(contentsOf: Data(content))
        try file.synchronize()
        guard rename(new, path) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        return content
    }

    /// Unreadable: there is none yet.
    private static func kept(_ path: String, _ count: Int) -> [UInt8]? {
        FileManager.default.contents(atPath: path).flatMap { $0.count == count ? Array($0) : nil }
    }
}
