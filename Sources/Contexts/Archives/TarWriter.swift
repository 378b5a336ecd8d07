import CArchive
import CurlHTTP
import Glibc

/// Writes entries as a POSIX ustar archive, with pax records only where a name, size or time does not fit, into a pipe.
///
/// Everything belongs to root, without names; times are whole seconds; the end is two zero blocks and nothing more.
final class TarWriter {
    /// What goes into the pipe at once, at most.
    static let blockSize = 128 * 1024

    /// Two writers take turns: that of pax entries spends several times as long on a header, needed or not.
    private let plain: ArchiveWriteHandle
    private let extended: ArchiveWriteHandle
    private let entry: OpaquePointer
    private let block: UnsafeMutableRawBufferPointer
    private let sink = ArchiveSink()
    private let output: PackedOutput

    /// Bytes written so far, compressed if they are.
    var bytesWritten: Int64 { output.compressedBytes ?? sink.total }

    init(into pipe: BytePipe, compression: ContextPacker.Compression) throws(ContextError) {
        output = try PackedOutput(pipe, compression)
        plain = try ArchiveWriteHandle(.ustar, into: sink)
        extended = try ArchiveWriteHandle(.pax, into: sink)
        guard let entry = archive_entry_new() else {
            throw .archiveLibrary(action: "start an archive", reason: "out of memory")
        }
        self.entry = entry
        block = .allocate(byteCount: Self.blockSize, alignment: 4096)
    }

    deinit {
        archive_entry_free(entry)
        block.deallocate()
    }

    /// Writes one entry, its content if it is a file.
    ///
    /// - Throws: ``ContextError/changedWhileReading(_:)`` if the content ends before the announced size.
    func write(_ item: ContextEntry, _ content: any EntryContent) throws {
        fillEntry(item)
        let isPlain = Self.isPlain(item)
        let writer = isPlain ? plain : extended
        if isPlain {
            try writer.writeHeader(entry, path: item.path)
        } else {
            try TextLocale.withUTF8 { try writer.writeHeader(entry, path: item.path) }
            if !Self.timesOfHeaders.contains(item.modified) { replaceTime(of: item) }
        }
        if case .file(let size) = item.kind { try copy(content, size: size, path: item.path, to: writer) }
        try writer.finishEntry()
        if sink.bytes.count >= Self.blockSize / 2 { try flush() }
    }

    /// Writes the end of the archive.
    func finish() throws {
        try extended.close()
        try flush()
        try output.finish()
    }

    /// Whether the header of this entry is one block, without pax records in front.
    static func isPlain(_ item: ContextEntry) -> Bool {
        guard item.capability == nil, item.path.bytes.count < 100, item.path.bytes.allSatisfy({ $0 < 0x80 }),
            (0..<(1 << 31)).contains(item.modified)
        else { return false }
        switch item.kind {
        case .file(let size): return size < 8 << 30
        case .symbolicLink(let target): return target.count <= 100 && target.allSatisfy { $0 < 0x80 }
        case .hardLink: return false
        case .directory, .fifo, .device: return true
        }
    }

    private func fillEntry(_ item: ContextEntry) {
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
        if let capability = item.capability {
            capability.bytes.withUnsafeBytes {
                archive_entry_xattr_add_entry(entry, FileCapability.attribute, $0.baseAddress, $0.count)
            }
        }
    }

    private func copy(_ content: any EntryContent, size: Int64, path: EntryPath, to writer: ArchiveWriteHandle) throws {
        var left = size
        /// Reads the next bytes and writes them.
        func pass(through room: UnsafeMutableRawBufferPointer) throws -> Int {
            let count = try content.read(into: room)
            guard count > 0 else { throw ContextError.changedWhileReading(path.text) }
            try writer.writeData(UnsafeRawBufferPointer(rebasing: room[..<count]), path: path)
            left -= Int64(count)
            return count
        }
        while left > 0 {
            let room = Int(min(left, Int64(Self.blockSize)))
            if room < Self.blockSize / 2 {
                _ = try pass(through: UnsafeMutableRawBufferPointer(rebasing: block[..<room]))
            } else {
                // Much at once is read into the very block that goes into the pipe.
                try flush()
                let bytes = try [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                    count = try sink.withoutCopying(buffer.baseAddress) {
                        try pass(through: UnsafeMutableRawBufferPointer(buffer))
                    }
                }
                try output.send(bytes)
            }
            if sink.bytes.count >= Self.blockSize / 2 { try flush() }
            try Task.checkCancellation()
        }
    }

    private func flush() throws {
        guard !sink.bytes.isEmpty else { return }
        try output.send(sink.take())
    }

    // MARK: Times

    /// What eleven octal digits can say.
    private static let timesOfHeaders: Range<Int64> = 0..<(1 << 33)

    /// Writes the nearest time that the header can hold into it: libarchive has put the whole one there in a form that
    /// only GNU's readers are bound to know. The pax record before it has it, too.
    private func replaceTime(of item: ContextEntry) {
        sink.changeLast(512) { header in
            func put(_ value: Int64, digits: Int, at offset: Int) {
                for place in 0..<digits {
                    let digit = value >> Int64(3 * (digits - 1 - place)) & 7
                    header[offset + place] = UInt8(ascii: "0") + UInt8(digit)
                }
            }
            let time = max(Self.timesOfHeaders.lowerBound, min(item.modified, Self.timesOfHeaders.upperBound - 1))
            put(time, digits: 11, at: 136)
            header[147] = UInt8(ascii: " ")
            for place in 148..<156 { header[place] = UInt8(ascii: " ") }
            put(header.reduce(0) { $0 + Int64($1) }, digits: 6, at: 148)
            header[154] = 0
        }
    }
}

/// Calls `body` with the bytes as a C string.
func withCString<Result>(_ bytes: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { buffer in
        UnsafeMutableRawBufferPointer(buffer).copyBytes(from: bytes)
        buffer[bytes.count] = 0
        guard let base = buffer.baseAddress else { preconditionFailure("room for at least one byte has an address") }
        return body(base)
    }
}
