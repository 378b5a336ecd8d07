import Foundation

/// Keeps the log of one run in a file until the run has ended: the work need not wait for a server that is away, and
/// what a killed agent has written is still there.
///
/// A second file says after each write how long the first one is, and how far it has the output of which container:
/// bytes of the first that the second does not know were sent to nobody.
final class FileSpool: LogSpool {
    /// 2 GiB.
    static let standardLimit: Int64 = 2 << 30

    let limit: Int64
    /// What an earlier process left, by container.
    let marks: [String: LogMark]
    private let path: String
    private let descriptor: CInt
    private let marksDescriptor: CInt

    /// - Parameter path: made if missing; goes on at its end otherwise.
    /// - Throws: ``SpoolError``
    init(_ path: String, limit: Int64 = standardLimit) throws(SpoolError) {
        self.path = path
        self.limit = limit
        descriptor = try Self.open(path)
        do { marksDescriptor = try Self.open(Self.marksPath(path)) } catch {
            close(descriptor)
            throw error
        }
        // Unreadable: there are none.
        let text = (try? String(contentsOfFile: Self.marksPath(path), encoding: .utf8)) ?? ""
        let (length, marks) = Self.read(text)
        self.marks = marks
        if self.length > length { _ = ftruncate(descriptor, off_t(length)) }
    }

    deinit {
        close(descriptor)
        close(marksDescriptor)
    }

    private static func marksPath(_ path: String) -> String { path + ".marks" }

    private static func open(_ path: String) throws(SpoolError) -> CInt {
        let descriptor = Glibc.open(path, O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SpoolError(path: path, reason: String(cString: strerror(errno))) }
        return descriptor
    }

    /// Lines of `LENGTH`, or `LENGTH CONTAINER STANDARD ERROR`; a last one that was cut short does not count.
    private static func read(_ text: String) -> (length: Int64, marks: [String: LogMark]) {
        var length: Int64 = 0
        var marks: [String: LogMark] = [:]
        for line in text[..<(text.lastIndex(of: "\n") ?? text.startIndex)].split(separator: "\n") {
            let parts = line.split(separator: " ")
            guard let first = parts.first, let next = Int64(first) else { continue }
            length = next
            guard parts.count == 4, let standard = Int64(parts[2]), let error = Int64(parts[3]) else { continue }
            let container = String(parts[1])
            marks[container] = LogMark(container: container, standard: standard, error: error)
        }
        return (length, marks)
    }

    var hasRoom: Bool { true }

    /// In bytes.
    var length: Int64 { Int64(max(0, lseek(descriptor, 0, SEEK_END))) }

    func append(_ bytes: [UInt8], mark: LogMark?) throws(SpoolError) {
        let before = length
        var line = "\(before + Int64(bytes.count))"
        if let mark { line += " \(mark.container) \(mark.standard) \(mark.error)" }
        do throws(SpoolError) {
            try write(bytes, to: descriptor)
            try write(Array((line + "\n").utf8), to: marksDescriptor)
        } catch {
            _ = ftruncate(descriptor, off_t(before))  // what stays is left out by whoever reads it
            throw error
        }
    }

    private func write(_ bytes: [UInt8], to descriptor: CInt) throws(SpoolError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SpoolError(path: path, reason: String(cString: strerror(errno))) }
            written += count
        }
    }

    func read(at offset: Int64, most: Int) throws(SpoolError) -> [UInt8] {
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: most) { buffer, filled in
            repeat {
                count = pread(descriptor, buffer.baseAddress, most, off_t(offset))
            } while count < 0
                && errno == EINTR
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
        unlink(Self.marksPath(path))
    }
}
