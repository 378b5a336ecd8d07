public import Foundation
import Glibc

/// Keeps uploaded contexts as files. An upload is there whole or not at all.
public struct BlobStore: Sendable {
    private let directory: String
    /// The most bytes of one file.
    public let maxBytes: Int64
    private let reserve: DiskReserve?
    private static let bytesBetweenChecks: Int64 = 64 << 20

    /// - Parameters:
    ///   - directory: exists.
    ///   - maxBytes: the most bytes of one upload.
    ///   - reserve: what must stay free on the disk; below it no upload begins.
    public init(directory: String, maxBytes: Int64, reserve: DiskReserve? = nil) {
        self.directory = directory
        self.maxBytes = maxBytes
        self.reserve = reserve
    }

    /// Takes an upload chunk by chunk; on any error nothing of it stays.
    ///
    /// - Parameters:
    ///   - name: 1 to 100 letters, digits, dots and dashes, not beginning with a dot.
    ///   - writer: tells those apart that may write under the same name at the same time; of such letters too.
    ///   - check: throws if the upload is not wanted any more, asked when it is whole.
    public func put<Chunks: AsyncSequence>(
        _ name: String, _ chunks: Chunks, by writer: String? = nil, ifStill check: () async throws -> Void = {}
    ) async throws where Chunks.Element == [UInt8] {
        try reserve?.check()
        let whole = try path(of: name)
        let partial = try path(of: writer.map { "\(name).\($0)" } ?? name) + ".part"
        let file = try BlobFile(creating: partial)
        do {
            var total: Int64 = 0
            var checked: Int64 = 0
            for try await chunk in chunks {
                total += Int64(chunk.count)
                if total - checked >= Self.bytesBetweenChecks {
                    try reserve?.check()
                    checked = total
                }
                guard total <= maxBytes else { throw StorageError.blobTooLarge(limit: maxBytes) }
                try file.append(chunk)
            }
            try file.sync()
            try await check()
            guard rename(partial, whole) == 0 else {
                throw StorageError.io(action: "store the upload \(name)", reason: String(cString: strerror(errno)))
            }
        } catch {
            unlink(partial)
            throw error
        }
    }

    /// Puts blocks that were uploaded one by one together, in this order, and removes them.
    public func assemble(_ name: String, from blocks: [String]) async throws {
        let paths = try blocks.map { try path(of: $0) }
        for (block, path) in zip(blocks, paths) where access(path, R_OK) != 0 { throw StorageError.blobMissing(block) }
        try await put(name, FileChunks(paths: paths))
        for path in paths { unlink(path) }
    }

    /// - Returns: the file's path; nil if there is no such upload.
    public func file(_ name: String) throws -> String? {
        let path = try path(of: name)
        return access(path, R_OK) == 0 ? path : nil
    }

    /// Removes everything older than `age` that `isKept` does not want, half uploads and left-over blocks included.
    ///
    /// - Returns: how many files went.
    public func removeFiles(olderThan age: Duration, at now: Date, unless isKept: (String) -> Bool) throws -> Int {
        var removed = 0
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) where !isKept(name) {
            var status = stat()
            guard stat(directory + "/" + name, &status) == 0 else { continue }
            let seconds = Int64(now.timeIntervalSince1970) - Int64(status.st_mtim.tv_sec)
            if seconds > age.components.seconds, unlink(directory + "/" + name) == 0 { removed += 1 }
        }
        return removed
    }

    private func path(of name: String) throws -> String {
        let valid = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x2e
                || byte == 0x2d
        }
        guard valid, (1...100).contains(name.utf8.count), !name.hasPrefix(".") else {
            throw StorageError.invalidName(name)
        }
        return directory + "/" + name
    }
}

/// A file being written. Owns its descriptor.
private final class BlobFile {
    private let descriptor: CInt
    private let path: String

    init(creating path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StorageError.io(action: "create \(path)", reason: String(cString: strerror(errno)))
        }
    }

    deinit { close(descriptor) }

    func append(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let done = write(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
                guard done > 0 else {
                    throw StorageError.io(action: "write \(path)", reason: String(cString: strerror(errno)))
                }
                written += done
            }
        }
    }

    func sync() throws {
        guard fsync(descriptor) == 0 else {
            throw StorageError.io(action: "write \(path)", reason: String(cString: strerror(errno)))
        }
    }
}

/// The bytes of several files, one after another.
private struct FileChunks: AsyncSequence {
    typealias Element = [UInt8]
    let paths: [String]

    struct Iterator: AsyncIteratorProtocol {
        var paths: ArraySlice<String>
        var handle: FileHandle?

        mutating func next() async throws -> [UInt8]? {
            while true {
                if let data = try handle?.read(upToCount: 1 << 20), !data.isEmpty { return Array(data) }
                try handle?.close()
                guard let path = paths.popFirst() else { return nil }
                handle = FileHandle(forReadingAtPath: path)
            }
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(paths: paths[...], handle: nil) }
}
