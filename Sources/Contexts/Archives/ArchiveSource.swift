public import CurlHTTP
import Glibc

/// Where the bytes of an archive come from, as often as they are asked for.
public struct ArchiveSource: Sendable {
    let open: @Sendable () throws -> any ArchiveInput

    /// - Parameter open: called on a thread that may block, once for each pass. The pipe is read to its end, or
    ///   abandoned.
    public init(open: @escaping @Sendable () throws -> BytePipe) {
        self.open = { PipeInput(pipe: try open()) }
    }

    /// A file of the local disk.
    public init(file path: String) {
        open = { try FileInput(path) }
    }
}

/// One pass over the bytes of an archive.
protocol ArchiveInput {
    /// The next bytes; nil at the end.
    func next() throws -> [UInt8]?
    /// Says that no more will be read.
    func close()
}

private struct PipeInput: ArchiveInput {
    let pipe: BytePipe

    func next() throws -> [UInt8]? { try pipe.readBlocking() }
    func close() { pipe.abandon() }
}

private final class FileInput: ArchiveInput {
    private let descriptor: CInt
    private let path: String

    init(_ path: String) throws {
        self.path = path
        descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ContextError.unreadable(path, reason: systemMessage()) }
    }

    deinit {
        Glibc.close(descriptor)
    }

    func next() throws -> [UInt8]? {
        let bytes = try [UInt8](unsafeUninitializedCapacity: 128 * 1024) { buffer, count in
            let read = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            guard read >= 0 else { throw ContextError.unreadable(path, reason: systemMessage()) }
            count = read
        }
        return bytes.isEmpty ? nil : bytes
    }

    func close() {}
}
