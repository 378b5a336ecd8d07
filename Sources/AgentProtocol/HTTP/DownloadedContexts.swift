import CurlHTTP
import Foundation
import Synchronization

/// Copies of uploaded contexts on an agent's disk, each as long as its lease.
final class DownloadedContexts: Sendable {
    /// What the names of copies begin with: what has such a name in a folder that is used for the first time was left there by an earlier
    /// process.
    private static let prefix = "upload-"

    private let paths = Mutex<[LeaseID: Set<String>]>([:])
    private let folders = Mutex<Set<String>>([])

    deinit {
        for path in paths.withLock({ $0.values.flatMap(\.self) }) { unlink(path) }
    }

    /// Makes a file in a folder and lets `fill` write it.
    ///
    /// - Returns: its path. If `fill` throws the file is gone.
    func file(
        for lease: LeaseID, in directory: String, _ fill: (ContextFile) async throws -> Void
    ) async throws -> String {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        if folders.withLock({ $0.insert(directory).inserted }) { Self.clean(directory) }
        let path = "\(directory)/\(Self.prefix)\(UInt64.random(in: .min ... .max))"
        paths.withLock { _ = $0[lease, default: []].insert(path) }
        do {
            try await fill(try ContextFile(creating: path))
        } catch {
            unlink(path)
            paths.withLock { _ = $0[lease]?.remove(path) }
            throw error
        }
        return path
    }

    func forget(_ lease: LeaseID) {
        for path in paths.withLock({ $0.removeValue(forKey: lease) }) ?? [] { unlink(path) }
    }

    private static func clean(_ directory: String) {
        // No folder: nothing to remove.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        where name.hasPrefix(prefix) {
            unlink(directory + "/" + name)
        }
    }
}

/// A file being written. Owns its descriptor.
final class ContextFile {
    private let descriptor: CInt
    private let path: String

    init(creating path: String) throws(ContextFileError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .io(path, reason: String(cString: strerror(errno))) }
    }

    deinit { close(descriptor) }

    /// Writes what comes.
    ///
    /// - Parameter length: nil if it is not known.
    /// - Throws: ``BrokerError/unreachable(_:)`` if less came; ``ContextFileError``
    func take(_ content: BytePipe, length: Int64?) async throws {
        var count: Int64 = 0
        while let bytes = try await content.read() {
            try write(bytes)
            count += Int64(bytes.count)
        }
        if let length, count != length {
            throw BrokerError.unreachable("it sent \(count) of \(length) bytes of the context")
        }
    }

    private func write(_ bytes: [UInt8]) throws(ContextFileError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let done = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            guard done > 0 else { throw .io(path, reason: String(cString: strerror(errno))) }
            rest = rest.dropFirst(done)
        }
    }
}

/// Why an uploaded context can't be kept on this host.
enum ContextFileError: Error, CustomStringConvertible {
    case io(String, reason: String)

    var description: String {
        switch self {
        case .io(let path, let reason): "Can't write the uploaded context to \(path): \(reason)."
        }
    }
}
