import CArchive
import CurlHTTP
import Glibc

/// Sends an archive's blocks into a pipe, compressed on the way if that is asked for.
final class PackedOutput {
    private let pipe: BytePipe
    private let compressed = ArchiveSink()
    private let filter: ArchiveWriteHandle?

    /// How many bytes have been made of what was sent; nil without compression.
    var compressedBytes: Int64? { filter == nil ? nil : compressed.total }

    init(_ pipe: BytePipe, _ compression: ContextPacker.Compression) throws(ContextError) {
        self.pipe = pipe
        guard compression != .none else {
            filter = nil
            return
        }
        let filter = try ArchiveWriteHandle(.compressed(compression), into: compressed)
        guard let entry = archive_entry_new() else {
            throw .archiveLibrary(action: "compress", reason: "out of memory")
        }
        defer { archive_entry_free(entry) }
        archive_entry_set_filetype(entry, S_IFREG)
        try filter.writeHeader(entry, path: EntryPath(""))
        self.filter = filter
    }

    /// Blocks while the pipe is full.
    func send(_ bytes: [UInt8]) throws {
        guard let filter else { return try pipe.writeBlocking(bytes) }
        try bytes.withUnsafeBytes { try filter.writeData($0, path: EntryPath("")) }
        if compressed.bytes.count >= TarWriter.blockSize / 2 { try pipe.writeBlocking(compressed.take()) }
    }

    /// Sends what is left; the pipe stays open.
    func finish() throws {
        guard let filter else { return }
        try filter.close()
        try pipe.writeBlocking(compressed.take())
    }
}
