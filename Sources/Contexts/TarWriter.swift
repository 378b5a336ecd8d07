import CArchive
import CurlHTTP
import Glibc

/// Writes entries as a POSIX ustar archive, with pax records only where a name, size or time does not fit, into a pipe.
///
/// Everything belongs to root, without names; times are whole seconds; the end is two zero blocks and nothing more.
/// Owns one libarchive handle and one entry.
final class TarWriter {
    /// What libarchive's callback appends to.
    private final class Sink {
        var bytes: [UInt8] = []
        var total: Int64 = 0
    }

    private static let blockSize = 128 * 1024

    private let handle: OpaquePointer
    private let entry: OpaquePointer
    private let block: UnsafeMutableRawBufferPointer
    private let sink = Sink()
    private let pipe: BytePipe

    /// Bytes written so far, compressed if they are.
    var bytesWritten: Int64 { sink.total }

    init(into pipe: BytePipe, compression: ContextPacker.Compression) throws(ContextError) {
        guard let handle = archive_write_new() else {
            throw .archiveLibrary(action: "start an archive", reason: "out of memory")
        }
        guard let entry = archive_entry_new() else {
            archive_write_free(handle)
            throw .archiveLibrary(action: "start an archive", reason: "out of memory")
        }
        self.handle = handle
        self.entry = entry
        self.pipe = pipe
        block = .allocate(byteCount: Self.blockSize, alignment: 4096)
        sink.bytes.reserveCapacity(Self.blockSize + 4096)
        try check(archive_write_set_format_pax_restricted(handle), "choose the pax format")
        if compression == .gzip {
            try check(archive_write_add_filter_gzip(handle), "compress")
            try check(archive_write_set_filter_option(handle, "gzip", "compression-level", "1"), "compress at level 1")
            // The time of packing would make equal archives differ.
            try check(archive_write_set_filter_option(handle, "gzip", "timestamp", nil), "leave out the time")
        }
        if compression == .zstd {
            // Without the library behind it the filter would start a program.
            guard archive_write_add_filter_zstd(handle) == ARCHIVE_OK else { throw failure("compress with zstd") }
            try check(archive_write_set_filter_option(handle, "zstd", "compression-level", "1"), "compress at level 1")
        }
        // 0: pass everything on at once, without blocks to fill up at the end.
        try check(archive_write_set_bytes_per_block(handle, 0), "choose the block size")
        let box = Unmanaged.passUnretained(sink).toOpaque()  // lives as long as the handle
        try check(
            archive_write_open(
                handle, box, nil,
                { _, box, bytes, count in
                    guard let box else { return -1 }
                    let sink = Unmanaged<Sink>.fromOpaque(box).takeUnretainedValue()
                    sink.bytes.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
                    sink.total += Int64(count)
                    return count
                }, nil), "start the archive")
    }

    deinit {
        archive_write_free(handle)
        archive_entry_free(entry)
        block.deallocate()
    }

    /// Writes one entry, its content if it is a file.
    ///
    /// - Throws: ``ContextError/changedWhileReading(_:)`` if the content ends before the announced size.
    func write(_ item: ContextEntry, _ content: any EntryContent) throws {
        try TextLocale.withUTF8 { try writeHeader(item) }
        if case .file(let size) = item.kind { try copy(content, size: size, path: item.path) }
        if sink.bytes.count >= Self.blockSize / 2 { try flush() }
    }

    /// Writes the end of the archive.
    func finish() throws {
        try check(archive_write_close(handle), "end the archive")
        try flush()
    }

    /// Whether the header of this entry is one block, without pax records in front.
    static func isPlain(_ item: ContextEntry) -> Bool {
        guard item.path.bytes.count < 100, item.path.bytes.allSatisfy({ $0 < 0x80 }),
            (0..<(1 << 31)).contains(item.modified)
        else { return false }
        switch item.kind {
        case .file(let size): return size < 8 << 30
        case .symbolicLink(let target): return target.count <= 100 && target.allSatisfy { $0 < 0x80 }
        case .hardLink: return false
        case .directory, .fifo, .device: return true
        }
    }

    private func writeHeader(_ item: ContextEntry) throws(ContextError) {
        archive_entry_clear(entry)
        withCString(item.path.bytes) { archive_entry_copy_pathname(entry, $0) }
        archive_entry_set_perm(entry, mode_t(item.mode & 0o7777))
        archive_entry_set_mtime(entry, time_t(item.modified), 0)
        archive_entry_set_size(entry, 0)
        switch item.kind {
        case .file(let size):
            archive_entry_set_filetype(entry, S_IFREG)
            archive_entry_set_size(entry, size)
        case .directory:
            archive_entry_set_filetype(entry, S_IFDIR)
        case .symbolicLink(let target):
            archive_entry_set_filetype(entry, S_IFLNK)
            withCString(target) { archive_entry_copy_symlink(entry, $0) }
        case .hardLink(let target):
            archive_entry_set_filetype(entry, S_IFREG)
            withCString(target.bytes) { archive_entry_copy_hardlink(entry, $0) }
        case .fifo:
            archive_entry_set_filetype(entry, S_IFIFO)
        case .device(let isCharacter, let major, let minor):
            archive_entry_set_filetype(entry, isCharacter ? S_IFCHR : S_IFBLK)
            archive_entry_set_rdevmajor(entry, dev_t(major))
            archive_entry_set_rdevminor(entry, dev_t(minor))
        }
        try check(archive_write_header(handle, entry), "write the header of \(item.path)")
    }

    private func copy(_ content: any EntryContent, size: Int64, path: EntryPath) throws {
        var left = size
        while left > 0 {
            let count = try content.read(
                into: UnsafeMutableRawBufferPointer(rebasing: block[..<Int(min(left, Int64(block.count)))]))
            guard count > 0 else { throw ContextError.changedWhileReading(path.text) }
            let written = archive_write_data(handle, block.baseAddress, count)
            guard written == count else { throw failure("write \(path)") }
            left -= Int64(count)
            if sink.bytes.count >= Self.blockSize / 2 {
                try flush()
                try Task.checkCancellation()
            }
        }
    }

    private func flush() throws {
        guard !sink.bytes.isEmpty else { return }
        let full = sink.bytes
        sink.bytes = []
        sink.bytes.reserveCapacity(Self.blockSize + 4096)
        try pipe.writeBlocking(full)
    }

    private func check(_ status: CInt, _ action: String) throws(ContextError) {
        guard status < ARCHIVE_WARN else { return }
        throw failure(action)
    }

    private func failure(_ action: String) -> ContextError {
        .archiveLibrary(
            action: action, reason: archive_error_string(handle).map { String(cString: $0) } ?? "no reason given")
    }
}

/// Calls `body` with the bytes as a C string.
func withCString<Result>(_ bytes: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    var terminated = ContiguousArray<CChar>()
    terminated.reserveCapacity(bytes.count + 1)
    for byte in bytes { terminated.append(CChar(bitPattern: byte)) }
    terminated.append(0)
    return terminated.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { preconditionFailure("an array that is not empty has an address") }
        return body(base)
    }
}
