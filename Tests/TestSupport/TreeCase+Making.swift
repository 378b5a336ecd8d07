import Foundation
import Glibc

extension TreeCase.Node {
    /// Makes the entry below a folder.
    public func make(in folder: String) throws {
        let path = Array(folder.utf8) + [0x2f] + pathBytes
        var parent: [UInt8] = []
        for part in path.split(separator: 0x2f).dropLast() {
            parent += [0x2f] + part
            _ = (parent + [0]).withUnsafeBytes { mkdir($0.assumingMemoryBound(to: CChar.self).baseAddress!, 0o755) }
        }
        try (path + [0]).withUnsafeBytes { bytes in
            let path = bytes.assumingMemoryBound(to: CChar.self).baseAddress!
            try make(at: path, in: folder)
            let mode = mode.flatMap { mode_t($0, radix: 8) } ?? (type == "dir" ? 0o755 : 0o644)
            if type != "symlink" { try check(chmod(path, mode)) }
            if let mtime {
                let seconds = mtime.rounded(.down)
                let time = timespec(tv_sec: time_t(seconds), tv_nsec: Int((mtime - seconds) * 1e9))
                try check(utimensat(AT_FDCWD, path, [time, time], AT_SYMLINK_NOFOLLOW))
            }
        }
    }

    private func make(at path: UnsafePointer<CChar>, in folder: String) throws {
        switch type {
        case "file":
            let descriptor = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o644)
            try check(descriptor)
            defer { close(descriptor) }
            let bytes = content.map { Array($0.utf8) } ?? Array(content_b64 ?? Data())
            try check(CInt(clamping: Glibc.write(descriptor, bytes, bytes.count)))
            if let size { try check(ftruncate(descriptor, size)) }
        case "dir": if mkdir(path, 0o755) != 0, errno != EEXIST { try check(-1) }
        case "symlink": try check(symlink(target ?? "", path))
        case "hardlink": try check(linkat(AT_FDCWD, folder + "/" + (target ?? ""), AT_FDCWD, path, 0))
        case "fifo": try check(mkfifo(path, 0o644))
        case "socket": try check(mknod(path, S_IFSOCK | 0o644, 0))
        case "char": try check(mknod(path, S_IFCHR | 0o644, dev_t((dev?.first ?? 0) << 8 | (dev?.last ?? 0))))
        default: throw CocoaError(.featureUnsupported)
        }
    }

    private func check(_ code: CInt) throws {
        guard code >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }
}
