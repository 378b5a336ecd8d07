import CArchive

/// The bytes of an archive, decompressed as their content says, within limits that hold while they pass. Owns one
/// libarchive handle, which knows filters alone and no archive format; xz is ``XzDecoder``'s.
///
/// What comes out in one piece is small however far it was compressed, so that no limit is overrun by more than that.
final class ArchiveStream {
    /// What libarchive's callback takes from.
    private final class Packed {
        let input: any ArchiveInput
        let limits: ContextLimits
        var received: Int64 = 0
        var failure: (any Error)?
        /// What libarchive was given last; it looks at it until it asks for more.
        /// Read to look at, not handed out yet.
        private var first: [UInt8]?
        private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 16)

        init(_ input: any ArchiveInput, limits: ContextLimits) {
            self.input = input
            self.limits = limits
        }

        deinit {
            input.close()
            buffer.deallocate()
        }

        /// Whether the archive begins so. To be asked before anything is taken.
        func begins(with magic: [UInt8]) throws -> Bool {
            var bytes: [UInt8] = []
            while bytes.count < magic.count, let more = try take() { bytes += more }
            first = bytes
            return bytes.starts(with: magic)
        }

        func next() throws -> UnsafeRawBufferPointer {
            var taken = first
            first = nil
            if taken?.isEmpty != false { taken = try take() }
            guard let bytes = taken else { return UnsafeRawBufferPointer(start: nil, count: 0) }
            if bytes.count > buffer.count {
                buffer.deallocate()
                buffer = .allocate(byteCount: bytes.count, alignment: 16)
            }
            buffer.copyBytes(from: bytes)
            return UnsafeRawBufferPointer(rebasing: buffer[..<bytes.count])
        }

        private func take() throws -> [UInt8]? {
            try Task.checkCancellation()
            guard let bytes = try input.next() else { return nil }
            received += Int64(bytes.count)
            guard received <= limits.packedBytes else {
                throw ContextError.tooLarge("more bytes as uploaded", limit: "\(limits.packedBytes) bytes")
            }
            return bytes
        }
    }

    /// The most that the header of one entry may have, with all that stands in front of it for its sake. libarchive
    /// keeps it in memory several times over.
    private static let maxHeaderBytes: Int64 = 4 << 20

    private let handle: OpaquePointer
    private let packed: Packed
    private let limits: ContextLimits
    private let clock = ContinuousClock()
    private let started: ContinuousClock.Instant
    private var isOpen = false
    private var xz: XzDecoder?
    private var unpacked: Int64 = 0
    /// What the files so far hold. Sparse files hold more than what passes.
    private var content: Int64 = 0
    private var headerStart: Int64?

    init(_ archive: ArchiveSource, limits: ContextLimits) throws {
        packed = Packed(try archive.open(), limits: limits)
        guard let handle = archive_read_new() else {
            throw ContextError.archiveLibrary(action: "read an archive", reason: "out of memory")
        }
        self.handle = handle
        self.limits = limits
        started = clock.now
        // Without the library behind it a filter would start a program: those are not taken.
        for support in [
            archive_read_support_filter_gzip, archive_read_support_filter_bzip2, archive_read_support_filter_zstd,
        ] {
            guard support(handle) == ARCHIVE_OK else {
                throw ContextError.archiveLibrary(
                    action: "read archives", reason: "it was built without one of gzip, bzip2, zstd")
            }
        }
        archive_read_support_format_raw(handle)
        archive_read_support_format_empty(handle)
    }

    deinit {
        archive_read_free(handle)
    }

    /// The next bytes, valid until the next call; none at the end.
    ///
    /// - Throws: ``ContextError/archiveBroken(reason:)``, ``ContextError/tooLarge(_:limit:)``, what the source throws.
    func next() throws -> UnsafeRawBufferPointer {
        try check()
        guard try open() else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let bytes = try xz?.next(from: packed.next) ?? nextBlock()
        unpacked += Int64(bytes.count)
        try check()
        return bytes
    }

    private func nextBlock() throws -> UnsafeRawBufferPointer {
        var bytes: UnsafeRawPointer?
        var count = 0
        var offset: la_int64_t = 0
        let code = archive_read_data_block(handle, &bytes, &count, &offset)
        if code == ARCHIVE_EOF { return UnsafeRawBufferPointer(start: nil, count: 0) }
        guard code >= ARCHIVE_WARN else { throw failure() }
        return UnsafeRawBufferPointer(start: bytes, count: count)
    }

    /// Counts what files hold. Holes count like the zeros that they are read as.
    func count(content bytes: Int64) throws {
        content += bytes
        try check()
    }

    /// What passes from here on belongs to one header.
    func beginHeader() { headerStart = unpacked }
    func endHeader() { headerStart = nil }

    private func check() throws {
        try Task.checkCancellation()
        let bytes = max(unpacked, content)
        guard bytes <= limits.unpackedBytes else {
            throw ContextError.tooLarge("more bytes unpacked", limit: "\(limits.unpackedBytes) bytes")
        }
        guard bytes <= limits.ratioFreeBytes || bytes / max(1, packed.received) < limits.ratio else {
            throw ContextError.tooLarge("bytes that are compressed too far", limit: "\(limits.ratio) to 1")
        }
        if let headerStart, unpacked - headerStart > Self.maxHeaderBytes {
            throw ContextError.tooLarge("an entry with a longer header", limit: "\(Self.maxHeaderBytes) bytes")
        }
        guard clock.now - started < limits.duration else {
            throw ContextError.tooLarge("more than can be read in time", limit: "\(limits.duration)")
        }
    }

    /// - Returns: false if there is not a single byte.
    private func open() throws -> Bool {
        guard !isOpen else { return true }
        if try packed.begins(with: XzDecoder.magic) {
            xz = try XzDecoder()
            isOpen = true
            return true
        }
        let code = archive_read_open(
            handle, Unmanaged.passUnretained(packed).toOpaque(), nil,
            { _, box, buffer in
                guard let box, let buffer else { return -1 }
                let packed = Unmanaged<Packed>.fromOpaque(box).takeUnretainedValue()  // lives as long as the handle
                do {
                    let bytes = try packed.next()
                    buffer.pointee = bytes.baseAddress
                    return bytes.count
                } catch {
                    packed.failure = error
                    return -1
                }
            }, nil)
        guard code == ARCHIVE_OK else { throw failure() }
        var entry: OpaquePointer?
        let first = clean_archive_read_next_header(handle, &entry)
        guard first != ARCHIVE_EOF else { return false }
        guard first >= ARCHIVE_WARN else { throw failure() }
        isOpen = true
        return true
    }

    private func failure() -> any Error {
        packed.failure
            ?? ContextError.archiveBroken(
                reason: archive_error_string(handle).map { String(cString: $0) } ?? "no reason given")
    }
}
