public import CurlHTTP

/// Packs a context as a tar stream.
public enum ContextPacker {
    public enum Compression: Sendable, Hashable {
        case none
        /// gzip at level 1: an upload's time is that of its compression, and higher levels cost far more than they
        /// save.
        case gzip
        /// zstd at level 1: of source code a fifth smaller than gzip's, in a third of the time. Level 3 takes twice the
        /// time for another twentieth.
        case zstd
    }

    /// How far packing has come.
    public struct Progress: Sendable, Hashable {
        /// Written to the pipe, compressed if they are.
        public var bytes: Int64
        public var entries: Int
    }

    /// The largest file that is put in front of its turn so that the archive begins with a plain header.
    private static let maxLeadingFile: Int64 = 1 << 20

    /// Packs `first`, then what `walk` visits, and ends the pipe; when it throws, the pipe fails with that error.
    ///
    /// Blocks while the pipe is full. Memory is that of a few blocks of 128 KiB.
    ///
    /// - Parameter first: entries that must come first or are not in the walk.
    /// - Parameter progress: called after each entry.
    /// - Throws: what the walk throws, `BytePipeError.abandoned` when the reader has gone, `CancellationError` when the
    ///   task is canceled.
    public static func pack(
        _ walk: any ContextWalk, into pipe: BytePipe, compression: Compression = .none, first: [InMemoryEntry] = [],
        progress: ((Progress) -> Void)? = nil
    ) throws {
        do {
            let writer = try TarWriter(into: pipe, compression: compression)
            var entries = 0
            func write(_ entry: ContextEntry, _ content: any EntryContent) throws {
                try writer.write(entry, content)
                entries += 1
                progress?(Progress(bytes: writer.bytesWritten, entries: entries))
            }
            for item in first { try write(item.entry, item.content()) }
            let leading = first.first.map { TarWriter.isPlain($0.entry) } == true ? nil : try leadingEntry(of: walk)
            if let leading { try write(leading.entry, leading.content()) }
            try walk.forEachEntry { entry, content in
                guard entry.path != leading?.entry.path else { return }
                try write(entry, content)
            }
            try writer.finish()
            pipe.finish()
        } catch {
            pipe.fail(error)
            throw error
        }
    }

    /// As ``pack(_:into:compression:first:progress:)``, on a thread that may block. Gives up when the task is canceled.
    public static func packInBackground(
        _ walk: any ContextWalk, into pipe: BytePipe, compression: Compression = .none, first: [InMemoryEntry] = [],
        progress: (@Sendable (Progress) -> Void)? = nil
    ) async throws {
        try await withTaskCancellationHandler {
            do {
                try await BlockingExecutor.shared.run {
                    try pack(walk, into: pipe, compression: compression, first: first, progress: progress)
                }
            } catch  where Task.isCancelled {
                throw CancellationError()
            }
        } onCancel: {
            pipe.fail(CancellationError())
        }
    }

    /// An entry of the root whose header is plain, if the walk's first entry is none: builders tell a tar from a
    /// Dockerfile by the first 1,024 bytes and know no pax header there.
    private static func leadingEntry(of walk: any ContextWalk) throws -> InMemoryEntry? {
        struct Found: Error {}
        var result: InMemoryEntry?
        var isFirst = true
        do {
            try walk.forEachEntry { entry, content in
                defer { isFirst = false }
                if isFirst, TarWriter.isPlain(entry) { throw Found() }
                guard TarWriter.isPlain(entry), !entry.path.bytes.contains(UInt8(ascii: "/")) else { return }
                if case .file(let size) = entry.kind {
                    guard size <= maxLeadingFile else { return }
                    result = InMemoryEntry(entry, bytes: try readAll(content, size: size, path: entry.path))
                } else {
                    result = InMemoryEntry(entry)
                }
                throw Found()
            }
        } catch is Found {
            return result
        }
        let root = ContextEntry(path: EntryPath("."), kind: .directory, mode: 0o755, modified: 0)
        return isFirst ? nil : InMemoryEntry(root)
    }
}

/// Reads the whole of a file.
///
/// - Throws: ``ContextError/changedWhileReading(_:)`` if it ends before `size`.
func readAll(_ content: any EntryContent, size: Int64, path: EntryPath) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
        while count < Int(size) {
            let free = UnsafeMutableBufferPointer(rebasing: buffer[count..<Int(size)])
            let read = try content.read(into: UnsafeMutableRawBufferPointer(free))
            guard read > 0 else { throw ContextError.changedWhileReading(path.text) }
            count += read
        }
    }
}
