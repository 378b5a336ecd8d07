import Glibc

/// Keeps some of the disk free, so that what runs can still be recorded when it fills up.
public struct DiskReserve: Sendable {
    private let path: String
    private let bytes: Int64

    /// - Parameters:
    ///   - path: a folder on the disk.
    ///   - bytes: what must stay free.
    public init(path: String, bytes: Int64) {
        self.path = path
        self.bytes = bytes
    }

    /// - Throws: ``StorageError/diskFull(free:reserve:)`` if less is free. A disk that can't be looked at counts as free.
    public func check() throws {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return }
        let free = Int64(status.f_bavail) * Int64(status.f_frsize)
        guard free >= bytes else { throw StorageError.diskFull(free: free, reserve: bytes) }
    }
}
