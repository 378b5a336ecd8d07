import CoreFoundation
import Crypto
import Foundation
import Glibc
import Synchronization
import WebServer

/// The keys for tokens and links, read again as soon as they were rolled.
///
/// Rolling replaces a file, so looking at which file is there tells, at each use, whether to read again.
final class RollingKeys: Sendable {
    private let directory: DataDirectory
    private let tokenKeys = Mutex<(stamp: FileStamp, keys: TokenKeys)?>(nil)
    private let linkKey = Mutex<(stamp: FileStamp, key: ServerKey)?>(nil)

    init(in directory: DataDirectory) {
        self.directory = directory
    }

    /// - Throws: ``DataDirectoryError``
    func tokens() throws -> TokenKeys {
        try tokenKeys.withLock { known in
            let stamp = try FileStamp(of: ServerKeys.signingFile, in: directory)
            if let known, known.stamp == stamp { return known.keys }
            let keys = TokenKeys(
                signing: TokenKeys.Key(try ServerKeys.signing(in: directory)),
                older: try KeyRoll.older(in: directory).map { (TokenKeys.Key($0.key), $0.until) })
            known = (stamp, keys)
            return keys
        }
    }

    /// - Throws: ``DataDirectoryError``
    func links() throws -> ServerKey {
        try linkKey.withLock { known in
            let stamp = try FileStamp(of: ServerKeys.linksFile, in: directory)
            if let known, known.stamp == stamp { return known.key }
            let key = try ServerKeys.links(in: directory)
            known = (stamp, key)
            return key
        }
    }
}

extension TokenKeys.Key {
    init(_ key: ServerKey) {
        self.init(id: key.id, key: key.key)
    }
}

/// Tells a file from the one that replaced it.
private struct FileStamp: Equatable {
    private let inode: ino_t
    private let seconds: time_t
    private let nanoseconds: Int

    init(of file: String, in directory: DataDirectory) throws(DataDirectoryError) {
        var status = stat()
        guard stat(directory.path(file), &status) == 0 else {
            throw .unreadable(directory.path(file), reason: systemReason())
        }
        inode = status.st_ino
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }
}
