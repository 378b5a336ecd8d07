import Glibc

/// The mirrors of a pool, kept within a number of bytes on the disk.
///
/// A mirror's `lock` file has the time of its last use. Mirrors that somebody uses are never removed, so for a while
/// there may be more than the limit.
struct GitCache {
    private struct Mirror {
        let folder: String
        let lastUse: timespec
        let bytes: Int64
    }

    private let pool: String

    init(pool: String) {
        self.pool = pool
    }

    /// Notes that a mirror is used now.
    static func touch(_ folder: String) {
        utimensat(AT_FDCWD, folder + "/lock", nil, 0)
    }

    /// Removes mirrors, the longest unused first, until the rest fits.
    ///
    /// - Parameter current: the folder of a mirror that stays.
    func evict(to limit: Int64, keeping current: String) {
        let mirrors = listDirectory(pool).compactMap { mirror(pool + "/" + $0) }
        var total = mirrors.reduce(0) { $0 + $1.bytes }
        for mirror in mirrors.sorted(by: Self.isOlder) where total > limit {
            if mirror.bytes > 0, mirror.folder != current, empty(mirror.folder) { total -= mirror.bytes }
        }
    }

    private func mirror(_ folder: String) -> Mirror? {
        var status = stat()
        guard lstat(folder + "/lock", &status) == 0 else { return nil }
        return Mirror(folder: folder, lastUse: status.st_mtim, bytes: bytesOnDisk(folder))
    }

    private static func isOlder(_ one: Mirror, _ other: Mirror) -> Bool {
        (one.lastUse.tv_sec, one.lastUse.tv_nsec) < (other.lastUse.tv_sec, other.lastUse.tv_nsec)
    }

    /// Removes all copies in a mirror's folder. The folder and its lock stay: another process may wait for that.
    ///
    /// - Returns: false if somebody uses one of them.
    private func empty(_ folder: String) -> Bool {
        // What can't be locked is not removed, whatever the reason.
        guard let lock = try? FileLock(trying: folder + "/lock", .exclusive) else { return false }
        defer { _ = lock }
        var isEmpty = true
        for name in listDirectory(folder) where name.hasSuffix(".git") {
            guard let use = try? FileLock(trying: folder + "/" + name + "/in-use", .exclusive) else {
                isEmpty = false
                continue
            }
            removeTree(folder + "/" + name)
            _ = use
        }
        return isEmpty
    }
}
