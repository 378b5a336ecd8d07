import Foundation

/// When the last renewal of a lease that was answered had been sent, in a file: the agent's next process counts on from
/// there.
final class RenewalMark: Sendable {
    private let path: String
    private let descriptor: CInt

    /// - Parameter path: made if missing.
    /// - Throws: ``SpoolError``
    init(_ path: String) throws(SpoolError) {
        descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SpoolError(path: path, reason: String(cString: strerror(errno))) }
        self.path = path
    }

    deinit { close(descriptor) }

    /// - Parameter time: in milliseconds since the host was started. What can't be written leaves an earlier one, with
    ///   which the run is given up earlier.
    func note(_ time: Int64) {
        var time = time
        pwrite(descriptor, &time, MemoryLayout.size(ofValue: time), 0)
    }

    /// How long ago that was. Zero if nothing is noted, or the host was restarted since: then nothing of the run lives.
    var age: Duration {
        var time: Int64 = 0
        guard pread(descriptor, &time, MemoryLayout.size(ofValue: time), 0) == MemoryLayout.size(ofValue: time) else {
            return .zero
        }
        return .milliseconds(max(0, BootTime.now - time))
    }

    func remove() {
        unlink(path)
    }
}
