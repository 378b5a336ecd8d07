import CArchive
import Glibc

/// Reads a tar archive from front to back, compressed or not, within limits that hold while the bytes pass. Owns one
/// libarchive handle.
final class ArchiveReader: EntryContent {
    enum Kind {
        case file(size: Int64)
        case directory
        case symbolicLink(target: [UInt8])
        case hardLink(target: [UInt8])
        case fifo
    }

    struct Item {
        /// As the archive has it, cleaned; empty for the root.
        let path: [UInt8]
        let kind: Kind
        let mode: UInt16
        let modified: Int64
        /// No other attribute is looked at.
        let capability: FileCapability?
    }

    /// What libarchive's callback takes from.
    private final class Source {
        let stream: ArchiveStream
        var failure: (any Error)?

        init(_ stream: ArchiveStream) {
            self.stream = stream
        }
    }

    private let handle: OpaquePointer
    private let source: Source
    private let limits: ContextLimits
    private var count = 0
    private var shownPath = ""
    /// The bytes of the current file that were not counted yet.
    private var uncounted: Int64 = 0

    init(_ archive: ArchiveSource, limits: ContextLimits) throws {
        source = Source(try ArchiveStream(archive, limits: limits))
        guard let handle = archive_read_new() else {
            throw ContextError.archiveLibrary(action: "read an archive", reason: "out of memory")
        }
        self.handle = handle
        self.limits = limits
        archive_read_support_format_tar(handle)
        let code = archive_read_open(
            handle, Unmanaged.passUnretained(source).toOpaque(), nil,
            { _, box, buffer in
                guard let box, let buffer else { return -1 }
                let source = Unmanaged<Source>.fromOpaque(box).takeUnretainedValue()  // lives as long as the handle
                do {
                    let bytes = try source.stream.next()
                    buffer.pointee = bytes.baseAddress
                    errno = 0  // for the reason that clean_archive_read_next_header has
                    return bytes.count
                } catch {
                    source.failure = error
                    return -1
                }
            }, nil)
        guard code == ARCHIVE_OK else { throw failure() }
    }

    deinit {
        archive_read_free(handle)
    }

    /// The next entry, its header checked against limits and the rules for names; nil at the end.
    ///
    /// - Throws: ``ContextError/notAnArchive(reason:)``, ``ContextError/archiveBroken(reason:)``,
    ///   ``ContextError/entryRefused(_:reason:)``, ``ContextError/tooLarge(_:limit:)``.
    func next() throws -> Item? {
        try skipRest()
        return try TextLocale.withUTF8 {
            source.stream.beginHeader()
            defer { source.stream.endHeader() }
            var entry: OpaquePointer?
            let code = clean_archive_read_next_header(handle, &entry)
            if code == ARCHIVE_EOF { return nil }
            // Not ARCHIVE_RETRY: a header that is none can be passed over, but what is missing then nobody knows.
            guard code == ARCHIVE_OK || code == ARCHIVE_WARN, let entry else { throw failure() }
            count += 1
            guard count <= limits.entries else {
                throw ContextError.tooLarge("more entries", limit: "\(limits.entries)")
            }
            let item = try item(entry)
            if case .file(let size) = item.kind { uncounted = size }
            return item
        }
    }

    /// Reads on in the file that ``next()`` gave.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = archive_read_data(handle, buffer.baseAddress, buffer.count)
        guard count >= 0 else { throw failure() }
        try self.count(content: Int64(count))
        return count
    }

    /// Reads the rest of the current entry, so that limits hold within it too.
    private func skipRest() throws {
        guard count > 0 else { return }
        var bytes: UnsafeRawPointer?
        var count = 0
        var offset: la_int64_t = 0
        while true {
            let code = archive_read_data_block(handle, &bytes, &count, &offset)
            if code == ARCHIVE_EOF { break }
            guard code >= ARCHIVE_WARN else { throw failure() }
        }
        try self.count(content: uncounted)
    }

    private func count(content bytes: Int64) throws {
        uncounted = max(0, uncounted - bytes)
        try source.stream.count(content: bytes)
    }

    private func item(_ entry: OpaquePointer) throws -> Item {
        guard let name = clean_archive_entry_pathname(entry) else {
            throw ContextError.entryRefused("entry \(count)", reason: "its name can't be read")
        }
        shownPath = String(cString: name)
        let path = try cleaned(UnsafeRawBufferPointer(start: name, count: strlen(name)).map { $0 })
        let kind: Kind
        if let target = clean_archive_entry_hardlink(entry) {
            kind = .hardLink(
                target: try cleaned(UnsafeRawBufferPointer(start: target, count: strlen(target)).map { $0 }))
        } else {
            switch archive_entry_filetype(entry) {
            case S_IFREG:
                let size = archive_entry_size(entry)
                guard size >= 0, size <= limits.unpackedBytes else {
                    throw ContextError.tooLarge("a file of \(size) bytes", limit: "\(limits.unpackedBytes) bytes")
                }
                kind = .file(size: size)
            case S_IFDIR: kind = .directory
            case S_IFLNK:
                guard let target = clean_archive_entry_symlink(entry) else {
                    throw ContextError.entryRefused(shownPath, reason: "its target can't be read")
                }
                let text = UnsafeRawBufferPointer(start: target, count: strlen(target)).map { $0 }
                guard text.count <= limits.nameBytes else {
                    throw ContextError.tooLarge("longer links", limit: "\(limits.nameBytes) bytes")
                }
                kind = .symbolicLink(target: text)
            case S_IFIFO: kind = .fifo
            case S_IFCHR, S_IFBLK: throw ContextError.entryRefused(shownPath, reason: "it is a device")
            default: throw ContextError.entryRefused(shownPath, reason: "its type is unknown")
            }
        }
        return Item(
            path: path, kind: kind, mode: UInt16(archive_entry_perm(entry) & 0o7777),
            modified: Int64(archive_entry_mtime(entry)), capability: capability(of: entry))
    }

    private func capability(of entry: OpaquePointer) -> FileCapability? {
        archive_entry_xattr_reset(entry)
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK {
            guard let name, strcmp(name, FileCapability.attribute) == 0 else { continue }
            return FileCapability(Array(UnsafeRawBufferPointer(start: value, count: size)))
        }
        return nil
    }

    /// A name relative to the root. The root itself may be written `/`, `.` or with no name at all.
    private func cleaned(_ name: [UInt8]) throws -> [UInt8] {
        guard name.count <= limits.nameBytes else {
            throw ContextError.tooLarge("longer names", limit: "\(limits.nameBytes) bytes")
        }
        let parts = name.split(separator: .slash).filter { !$0.elementsEqual([.dot]) }
        guard name.first != .slash || parts.isEmpty else {
            throw ContextError.entryRefused(shownPath, reason: "its name is absolute")
        }
        guard !parts.contains(where: { $0.elementsEqual([.dot, .dot]) }) else {
            throw ContextError.entryRefused(shownPath, reason: "its name holds '..'")
        }
        guard parts.count <= limits.depth else {
            throw ContextError.tooLarge("deeper folders", limit: "\(limits.depth) levels")
        }
        return Array(parts.joined(separator: [.slash]))
    }

    private func failure() -> any Error {
        if let failure = source.failure { return failure }
        let reason = archive_error_string(handle).map { String(cString: $0) } ?? "no reason given"
        return count == 0 && archive_format(handle) == 0
            ? ContextError.notAnArchive(reason: reason) : ContextError.archiveBroken(reason: reason)
    }
}
