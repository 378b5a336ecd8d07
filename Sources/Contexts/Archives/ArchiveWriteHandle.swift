import CArchive

/// Collects the bytes of libarchive's writers.
final class ArchiveSink {
    private(set) var bytes: [UInt8] = []
    /// All bytes so far, those that were taken too.
    private(set) var total: Int64 = 0
    /// Bytes at this address are sent from where they are and need no copy.
    private var inPlace: UnsafeRawPointer?

    /// Adds the bytes that a writer calls back with.
    fileprivate func append(_ start: UnsafeRawPointer, _ count: Int) {
        total += Int64(count)
        guard start != inPlace else { return }
        bytes.append(contentsOf: UnsafeRawBufferPointer(start: start, count: count))
    }

    func take() -> [UInt8] {
        defer {
            bytes = []
            bytes.reserveCapacity(TarWriter.blockSize)
        }
        return bytes
    }

    /// Runs `write`, which writes what is at `address`, without collecting it.
    func withoutCopying<Result>(_ address: UnsafeRawPointer?, _ write: () throws -> Result) rethrows -> Result {
        inPlace = address
        defer { inPlace = nil }
        return try write()
    }

    /// Changes the last bytes that were added.
    func changeLast(_ count: Int, _ change: (UnsafeMutableBufferPointer<UInt8>) -> Void) {
        bytes.withUnsafeMutableBufferPointer { change(UnsafeMutableBufferPointer(rebasing: $0.suffix(count))) }
    }
}

/// Owns one of libarchive's writers, which passes everything on to a sink at once.
final class ArchiveWriteHandle {
    enum Format {
        case ustar
        /// With pax records where an entry needs them.
        case pax
        /// One stream of bytes, compressed.
        case compressed(ContextPacker.Compression)
    }

    private let handle: OpaquePointer
    private let sink: ArchiveSink
    private let hasFilter: Bool

    init(_ format: Format, into sink: ArchiveSink) throws(ContextError) {
        guard let handle = archive_write_new() else {
            throw .archiveLibrary(action: "start an archive", reason: "out of memory")
        }
        self.handle = handle
        self.sink = sink
        if case .compressed = format { hasFilter = true } else { hasFilter = false }
        switch format {
        case .ustar:
            try check(archive_write_set_format_ustar(handle), "choose the ustar format")
        case .pax:
            try check(archive_write_set_format_pax_restricted(handle), "choose the pax format")
            // As docker writes and reads them; libarchive would add a second record of its own.
            try check(archive_write_set_format_option(handle, "pax", "xattrheader", "SCHILY"), "choose pax records")
        case .compressed(let compression):
            try check(archive_write_set_format_raw(handle), "choose the raw format")
            try addFilter(compression)
        }
        // 0: pass everything on at once, without blocks to fill up at the end.
        try check(archive_write_set_bytes_per_block(handle, 0), "choose the block size")
        let box = Unmanaged.passUnretained(sink).toOpaque()  // lives as long as the handle
        try check(
            archive_write_open(
                handle, box, nil,
                { _, box, bytes, count in
                    guard let box, let bytes else { return -1 }
                    Unmanaged<ArchiveSink>.fromOpaque(box).takeUnretainedValue().append(bytes, count)
                    return count
                }, nil), "start the archive")
    }

    deinit {
        // Freeing ends what was not ended: an entry broken off would be filled up with zeros, gigabytes of them if need be.
        // A filter has nothing to fill up, and frees its memory only when it is ended.
        if !hasFilter { archive_write_fail(handle) }
        archive_write_free(handle)
    }

    private func addFilter(_ compression: ContextPacker.Compression) throws(ContextError) {
        switch compression {
        case .none: break
        case .gzip:
            try check(archive_write_add_filter_gzip(handle), "compress")
            try check(archive_write_set_filter_option(handle, "gzip", "compression-level", "1"), "compress at level 1")
            // The time of packing would make equal archives differ.
            try check(archive_write_set_filter_option(handle, "gzip", "timestamp", nil), "leave out the time")
        case .zstd:
            // Without the library behind it the filter would start a program.
            guard archive_write_add_filter_zstd(handle) == ARCHIVE_OK else { throw failure("compress with zstd") }
            try check(archive_write_set_filter_option(handle, "zstd", "compression-level", "1"), "compress at level 1")
        }
    }

    func writeHeader(_ entry: OpaquePointer, path: EntryPath) throws(ContextError) {
        try check(clean_archive_write_header(handle, entry), "write the header of \(path)")
    }

    func writeData(_ bytes: UnsafeRawBufferPointer, path: EntryPath) throws(ContextError) {
        guard archive_write_data(handle, bytes.baseAddress, bytes.count) == bytes.count else {
            throw failure("write \(path)")
        }
    }

    /// Fills up the last block of an entry.
    func finishEntry() throws(ContextError) {
        try check(archive_write_finish_entry(handle), "end an entry")
    }

    func close() throws(ContextError) {
        try check(archive_write_close(handle), "end the archive")
    }

    private func check(_ status: CInt, _ action: @autoclosure () -> String) throws(ContextError) {
        guard status < ARCHIVE_WARN else { return }
        throw failure(action())
    }

    private func failure(_ action: String) -> ContextError {
        .archiveLibrary(
            action: action, reason: archive_error_string(handle).map { String(cString: $0) } ?? "no reason given")
    }
}
