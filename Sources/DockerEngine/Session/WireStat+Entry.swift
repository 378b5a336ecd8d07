import Contexts
import Foundation

extension WireStat {
    /// Modes are those of Go's `os.FileMode`. Owners are root: what is sent here reaches the image.
    ///
    /// - Parameter time: nanoseconds since 1970.
    init(_ entry: ContextEntry, time: Int64) {
        self.init()
        path = Data(entry.path.bytes)
        mode = UInt32(entry.mode & 0o777)
        if entry.mode & 0o4000 != 0 { mode |= 1 << 23 }
        if entry.mode & 0o2000 != 0 { mode |= 1 << 22 }
        if entry.mode & 0o1000 != 0 { mode |= 1 << 20 }
        modTime = time
        switch entry.kind {
        case .file(let size):
            self.size = size
            if let capability = entry.capability { xattrs[FileCapability.attribute] = Data(capability.bytes) }
        case .directory: mode |= 1 << 31
        case .symbolicLink(let target):
            mode = 0o777 | 1 << 27
            linkname = Data(target)
            size = Int64(target.count)
        case .hardLink(let target): linkname = Data(target.bytes)
        case .fifo: mode |= 1 << 25
        case .device(let isCharacter, let major, let minor):
            mode |= 1 << 26 | (isCharacter ? 1 << 21 : 0)
            devmajor = Int64(major)
            devminor = Int64(minor)
        }
    }
}
