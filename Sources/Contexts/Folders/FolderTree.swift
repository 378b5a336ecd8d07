import Glibc
import Synchronization

/// A folder of the local disk, read through file descriptors so that nothing outside it is ever followed into.
struct FolderTree: EntryTree {
    /// An open directory.
    final class Directory {
        let descriptor: CInt

        init(_ descriptor: CInt) {
            self.descriptor = descriptor
        }

        deinit {
            close(descriptor)
        }
    }

    struct Item {
        let name: [UInt8]
        let type: UInt8
    }

    /// What tells one file from another.
    private struct FileIdentity: Hashable {
        let device: dev_t
        let inode: ino_t
    }

    /// The first names of files that have several; as long as a walk.
    private final class FirstNames {
        var paths: [FileIdentity: EntryPath] = [:]
    }

    /// How many directories were listed, for tests.
    final class Counter: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
        func increment() { count.withLock { $0 += 1 } }
    }

    private let root: String
    /// Later times are set to this one.
    private let latest: Int64
    private let counter: Counter
    private let onNotice: (@Sendable (String) -> Void)?
    private let firstNames = FirstNames()

    init(root: String, latest: Int64 = .max, counter: Counter, onNotice: (@Sendable (String) -> Void)?) {
        self.root = root
        self.latest = latest
        self.counter = counter
        self.onNotice = onNotice
    }

    func openRoot() throws -> Directory {
        let descriptor = Glibc.open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ContextError.unreadable(root, reason: systemMessage()) }
        return Directory(descriptor)
    }

    func open(_ item: Item, in directory: Directory, at path: [UInt8]) throws -> Directory {
        let descriptor = withCString(item.name) {
            openat(directory.descriptor, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        }
        guard descriptor >= 0 else { throw unreadable(path) }
        return Directory(descriptor)
    }

    func items(in directory: Directory, at path: [UInt8]) throws -> [Item] {
        counter.increment()
        // The stream gets a descriptor of its own, since closing it closes that.
        guard let stream = fdopendir(fcntl(directory.descriptor, F_DUPFD_CLOEXEC, 0)) else { throw unreadable(path) }
        defer { closedir(stream) }
        var items: [Item] = []
        while true {
            errno = 0
            guard let found = readdir(stream) else {
                guard errno == 0 else { throw unreadable(path) }
                break
            }
            let name = withUnsafeBytes(of: &found.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard name != [.dot], name != [.dot, .dot] else { continue }
            var type = found.pointee.d_type
            if type == UInt8(DT_UNKNOWN) {
                type = UInt8(
                    truncatingIfNeeded: try status(of: name, in: directory, at: joinPath(path, name)).st_mode >> 12
                        & 0o17)
            }
            items.append(Item(name: name, type: type))
        }
        return items.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }

    func name(of item: Item) -> [UInt8] { item.name }
    func isDirectory(_ item: Item) -> Bool { item.type == UInt8(DT_DIR) }

    func entry(of directory: Directory, at path: [UInt8]) throws -> ContextEntry {
        var status = stat()
        guard fstat(directory.descriptor, &status) == 0 else { throw unreadable(path) }
        return entry(at: path, .directory, status)
    }

    func visit(
        _ item: Item, in directory: Directory, at path: [UInt8],
        _ visit: (ContextEntry, any EntryContent) throws -> Void
    ) throws {
        guard item.type != UInt8(DT_REG) else { return try visitFile(item, in: directory, at: path, visit) }
        let status = try status(of: item.name, in: directory, at: path)
        switch status.st_mode & S_IFMT {
        case S_IFLNK:
            var link = entry(
                at: path, .symbolicLink(target: try target(of: item.name, in: directory, at: path)), status)
            link.mode = 0o777
            try visit(link, NoContent())
        case S_IFIFO:
            try visit(entry(at: path, .fifo, status), NoContent())
        case S_IFCHR, S_IFBLK:
            let number = status.st_rdev
            // The layout of dev_t in Linux: makedev(3).
            let kind = ContextEntry.Kind.device(
                isCharacter: status.st_mode & S_IFMT == S_IFCHR,
                major: UInt32(truncatingIfNeeded: number >> 8 & 0xfff | number >> 32 & ~0xfff),
                minor: UInt32(truncatingIfNeeded: number & 0xff | number >> 12 & ~0xff))
            try visit(entry(at: path, kind, status), NoContent())
        case S_IFSOCK:
            onNotice?("\(EntryPath(bytes: path)) is a socket; it is sent as an empty file.")
            try visit(entry(at: path, .file(size: 0), status), NoContent())
        default:
            throw changed(path)
        }
    }

    /// Opens a file once, for its status and its content.
    private func visitFile(
        _ item: Item, in directory: Directory, at path: [UInt8],
        _ visit: (ContextEntry, any EntryContent) throws -> Void
    ) throws {
        let descriptor = withCString(item.name) {
            openat(directory.descriptor, $0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        }
        guard descriptor >= 0 else { throw errno == ELOOP ? changed(path) : unreadable(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw unreadable(path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw changed(path) }
        if status.st_nlink > 1 {
            let identity = FileIdentity(device: status.st_dev, inode: status.st_ino)
            if let first = firstNames.paths[identity] {
                return try visit(entry(at: path, .hardLink(target: first), status), NoContent())
            }
            firstNames.paths[identity] = EntryPath(bytes: path)
        }
        var file = entry(at: path, .file(size: Int64(status.st_size)), status)
        file.capability = FileCapability(of: descriptor)
        try visit(file, FolderFile(descriptor, size: Int64(status.st_size), path: path))
    }

    /// Reads one file, without a list of the folder that holds it. A socket is empty.
    func read(_ path: EntryPath, _ visit: (any EntryContent) throws -> Void) throws {
        var directory = try openRoot()
        let parts = path.bytes.split(separator: .slash).map { Array($0) }
        guard let name = parts.last else { return }
        var reached: [UInt8] = []
        for part in parts.dropLast() {
            reached = joinPath(reached, part)
            directory = try open(Item(name: part, type: UInt8(DT_DIR)), in: directory, at: reached)
        }
        let status = try status(of: name, in: directory, at: path.bytes)
        guard status.st_mode & S_IFMT != S_IFSOCK else { return try visit(NoContent()) }
        try self.visit(Item(name: name, type: UInt8(DT_REG)), in: directory, at: path.bytes) { try visit($1) }
    }

    private func entry(at path: [UInt8], _ kind: ContextEntry.Kind, _ status: stat) -> ContextEntry {
        ContextEntry(
            path: EntryPath(bytes: path), kind: kind, mode: UInt16(status.st_mode & 0o7777),
            modified: min(Int64(status.st_mtim.tv_sec), latest))
    }

    private func status(of name: [UInt8], in directory: Directory, at path: [UInt8]) throws -> stat {
        var status = stat()
        let code = withCString(name) { fstatat(directory.descriptor, $0, &status, AT_SYMLINK_NOFOLLOW) }
        guard code == 0 else { throw unreadable(path) }
        return status
    }

    private func target(of name: [UInt8], in directory: Directory, at path: [UInt8]) throws -> [UInt8] {
        let room = Int(PATH_MAX)
        return try [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            let length = withCString(name) { name in
                buffer.withMemoryRebound(to: CChar.self) { room in
                    room.baseAddress.map { readlinkat(directory.descriptor, name, $0, room.count) } ?? -1
                }
            }
            guard length >= 0 else { throw unreadable(path) }
            count = length
        }
    }

    private func unreadable(_ path: [UInt8]) -> ContextError {
        .unreadable(EntryPath(bytes: path).text, reason: systemMessage())
    }

    /// It is of another type than when its name was read.
    private func changed(_ path: [UInt8]) -> ContextError {
        .unreadable(EntryPath(bytes: path).text, reason: "it changed while it was read")
    }
}

/// An open file of a folder, cut at the size it had when its entry was made. The descriptor belongs to the visit.
private final class FolderFile: EntryContent {
    private let descriptor: CInt
    private let path: [UInt8]
    private var left: Int64

    init(_ descriptor: CInt, size: Int64, path: [UInt8]) {
        self.descriptor = descriptor
        self.path = path
        left = size
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard left > 0 else { return 0 }
        let wanted = min(buffer.count, Int(clamping: left))
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, wanted)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw ContextError.unreadable(EntryPath(bytes: path).text, reason: systemMessage())
            }
            guard count > 0 else { throw ContextError.changedWhileReading(EntryPath(bytes: path).text) }
            left -= Int64(count)
            return count
        }
    }
}

/// What the last system call that failed says.
func systemMessage(_ code: CInt = errno) -> String {
    code == ENOENT ? "it does not exist any more" : String(cString: strerror(code))
}
