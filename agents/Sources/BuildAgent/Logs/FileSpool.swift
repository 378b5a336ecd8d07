import Foundation

/// Keeps the log of one run in a file until the run has ended: the work need not wait for a server that is away, and
/// what a killed agent has written is still there.
final class FileSpool: LogSpool {
    /// 2 GiB.
    static let standardLimit: Int64 = 2 << 30

    let limit: Int64
    let path: String
    private let descriptor: CInt

    /// - Parameter path: made if missing; goes on at its end otherwise.
    /// - Throws: ``SpoolError``
    init(_ path: String, limit: Int64 = standardLimit) throws(SpoolError) {
        let descriptor = open(path, O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SpoolError(path: path, reason: String(cString: strerror(errno))) }
        self.descriptor = descriptor
        self.path = path
        self.limit = limit
    }

    deinit { close(descriptor) }

    var hasRoom: Bool { true }

    /// In bytes.
    var length: Int64 { Int64(max(0, lseek(descriptor, 0, SEEK_END))) }

    func append(_ bytes: [UInt8]) throws(SpoolError) {
        let before = length
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let reason = String(cString: strerror(errno))
                _ = ftruncate(descriptor, off_t(before))  // a part of a line may stay: it is sent like all else
                throw SpoolError(path: path, reason: reason)
            }
            written += count
        }
    }

    func read(at offset: Int64, most: Int) throws(SpoolError) -> [UInt8] {
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: most) { buffer, filled in
            repeat {
                count = pread(descriptor, buffer.baseAddress, most, off_t(offset))
            } while count < 0 && errno == EINTR
            filled = max(0, count)
        }
        guard count >= 0 else { throw SpoolError(path: path, reason: String(cString: strerror(errno))) }
        return bytes
    }

    /// All bytes stay: the server may ask for them again.
    func acknowledge(_ offset: Int64) {}

    /// The run has ended, and the server has its log.
    func remove() {
        unlink(path)
    }
}
