import Foundation
import Synchronization

/// Keeps the log of one run in a file until the run has ended: the work need not wait for a server that is away, and
/// what a killed agent has written is still there.
///
/// A second file says after each write how long the first one is, and how far it has the output of which container:
/// bytes of the first that the second does not know were sent to nobody. It has one record for each container.
final class FileSpool: LogSpool {
    /// 2 GiB.
    static let standardLimit: Int64 = 2 << 30

    let limit: Int64
    /// What an earlier process left, by container.
    let marks: [String: LogMark]
    private let path: String
    private let descriptor: CInt
    private let marksDescriptor: CInt
    /// Which record is whose.
    private let records: Mutex<[String: Int]>

    /// In bytes; pages are whole numbers of records, so none is written in part.
    private static let recordSize = 128
    /// Whose record it is where no container's output was written.
    private static let nobody = "-"

    /// - Parameter path: made if missing; goes on at its end otherwise.
    /// - Throws: ``SpoolError``
    init(_ path: String, limit: Int64 = standardLimit) throws(SpoolError) {
        self.path = path
        self.limit = limit
        descriptor = try Self.open(path)
        do { marksDescriptor = try Self.open(Self.marksPath(path), appends: false) } catch {
            close(descriptor)
            throw error
        }
        // Unreadable: there are none.
        let text = (try? String(contentsOfFile: Self.marksPath(path), encoding: .utf8)) ?? ""
        let (length, marks, records) = Self.read(text)
        self.marks = marks
        self.records = Mutex(records)
        if self.length > length { _ = ftruncate(descriptor, off_t(length)) }
    }

    deinit {
        close(descriptor)
        close(marksDescriptor)
    }

    private static func marksPath(_ path: String) -> String { path + ".marks" }

    private static func open(_ path: String, appends: Bool = true) throws(SpoolError) -> CInt {
        let descriptor = Glibc.open(path, O_CREAT | O_RDWR | O_CLOEXEC | (appends ? O_APPEND : 0), 0o600)
        guard descriptor >= 0 else { throw SpoolError(path: path, reason: String(cString: strerror(errno))) }
        return descriptor
    }

    /// Records of `LENGTH CONTAINER STANDARD ERROR`, filled up with spaces to a line of 127 bytes; the greatest length
    /// is the last one.
    private static func read(_ text: String) -> (length: Int64, marks: [String: LogMark], records: [String: Int]) {
        var length: Int64 = 0
        var marks: [String: LogMark] = [:]
        var records: [String: Int] = [:]
        for (index, line) in text.split(separator: "\n").enumerated() {
            let parts = line.split(separator: " ")
            guard parts.count == 4, let next = Int64(parts[0]), let standard = Int64(parts[2]),
                let error = Int64(parts[3])
            else { continue }
            length = max(length, next)
            let container = String(parts[1])
            records[container] = index
            guard container != nobody else { continue }
            marks[container] = LogMark(container: container, standard: standard, error: error)
        }
        return (length, marks, records)
    }

    var hasRoom: Bool { true }

    /// In bytes.
    var length: Int64 { Int64(max(0, lseek(descriptor, 0, SEEK_END))) }

    func append(_ bytes: [UInt8], mark: LogMark?) throws(SpoolError) {
        let before = length
        let mark = mark ?? LogMark(container: Self.nobody)
        do throws(SpoolError) {
            try write(bytes)
            try note(mark, length: before + Int64(bytes.count))
        } catch {
            _ = ftruncate(descriptor, off_t(before))  // what stays is left out by whoever reads it
            throw error
        }
    }

    private func note(_ mark: LogMark, length: Int64) throws(SpoolError) {
        let index = records.withLock { $0[mark.container] ?? ($0.values.max() ?? -1) + 1 }
        let line = Array("\(length) \(mark.container) \(mark.standard) \(mark.error)".utf8)
        var record = line + [UInt8](repeating: 0x20, count: max(0, Self.recordSize - 1 - line.count))
        record.append(0x0a)
        let count = pwrite(marksDescriptor, record, record.count, off_t(index * Self.recordSize))
        guard count == record.count else { throw SpoolError(path: path, reason: String(cString: strerror(errno))) }
        records.withLock { $0[mark.container] = index }
    }

    private func write(_ bytes: [UInt8]) throws(SpoolError) {
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
