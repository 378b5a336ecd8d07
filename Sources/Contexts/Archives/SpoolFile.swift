public import CurlHTTP
import Glibc

/// Bytes on the disk that are read more than once.
///
/// The file has no name from the moment it was made, so the system takes it away when this object goes, and also when
/// the process is killed: there is nothing to clean up.
final class SpoolFile: Sendable {
    private let descriptor: CInt
    private let directory: String

    /// - Parameter directory: made if missing.
    /// - Throws: ``ContextError/notStored(_:reason:)``.
    init(in directory: String) throws(ContextError) {
        do {
            try makeDirectory(directory)
        } catch {
            guard case .unreadable(_, let reason) = error else { throw error }
            throw .notStored(directory, reason: reason)
        }
        let path = directory + "/.download-" + String(UInt64.random(in: .min ... .max), radix: 16)
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .notStored(directory, reason: systemMessage()) }
        unlink(path)
        self.descriptor = descriptor
        self.directory = directory
    }

    deinit {
        close(descriptor)
    }

    /// Adds to the end. For one writer.
    func append(_ bytes: [UInt8]) throws(ContextError) {
        guard writeAll(bytes, to: descriptor) else { throw .notStored(directory, reason: systemMessage()) }
    }

    /// At most `count` bytes; none at the end.
    fileprivate func read(at offset: Int64, count: Int) throws(ContextError) -> [UInt8] {
        var failure: CInt = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let read = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
            if read < 0 { failure = errno }
            filled = max(0, read)
        }
        guard failure == 0 else { throw .unreadable(directory, reason: systemMessage(failure)) }
        return bytes
    }
}

extension ArchiveSource {
    /// Keeps what comes through a pipe on the disk, without a name, for as long as somebody may read it.
    ///
    /// - Parameters:
    ///   - directory: made if missing.
    ///   - limit: in bytes, as they come.
    /// - Throws: ``ContextError/notStored(_:reason:)``, ``ContextError/tooLarge(_:limit:)``, what the pipe failed with.
    public static func kept(_ pipe: BytePipe, in directory: String, limit: Int64) async throws -> ArchiveSource {
        defer { pipe.abandon() }
        let file = try SpoolFile(in: directory)
        var received: Int64 = 0
        while let block = try await pipe.read() {
            received += Int64(block.count)
            guard received <= limit else { throw ContextError.tooLarge("more bytes", limit: "\(limit) bytes") }
            try file.append(block)
        }
        return ArchiveSource(file)
    }

    /// Keeps the file for as long as somebody may read it.
    init(_ file: SpoolFile) {
        open = { SpoolInput(file: file) }
    }
}

/// One pass over a file, from its start.
private final class SpoolInput: ArchiveInput {
    private let file: SpoolFile
    private var offset: Int64 = 0

    init(file: SpoolFile) {
        self.file = file
    }

    func next() throws -> [UInt8]? {
        let bytes = try file.read(at: offset, count: 128 * 1024)
        offset += Int64(bytes.count)
        return bytes.isEmpty ? nil : bytes
    }

    func close() {}
}
