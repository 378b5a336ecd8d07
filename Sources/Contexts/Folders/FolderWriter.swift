import Glibc

/// Writes the entries of a walk into a folder: what steps left in a workspace, for people to look at.
///
/// Every name is opened below the folder without following links, so that nothing is written outside of it, whatever
/// the entries are called. Owners stay those of the writer; set-user-id and its like are dropped; fifos and devices are
/// left out.
public struct FolderWriter {
    private let root: String

    /// - Parameter path: made if missing; what is in it stays unless an entry has its name.
    public init(path: String) {
        root = path
    }

    /// - Returns: the paths that were left out.
    /// - Throws: ``ContextError/folderUnwritable(_:reason:)``, and what the walk throws. Blocks.
    public func write(_ walk: any ContextWalk) throws -> [String] {
        try makeDirectory(root)
        let folder = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw problem(root) }
        defer { close(folder) }
        var leftOut: [String] = []
        // Directories get their modes last, so that read-only ones can be filled.
        var modes: [(path: EntryPath, mode: UInt16)] = []
        try walk.forEachEntry { entry, content in
            switch entry.kind {
            case .directory:
                try atParent(of: entry.path, in: folder) { parent, name in
                    guard mkdirat(parent, name, 0o700) == 0 || errno == EEXIST else { throw problem(entry.path.text) }
                }
                modes.append((entry.path, entry.mode))
            case .file: try write(content, of: entry, in: folder)
            case .symbolicLink(let target):
                try atParent(of: entry.path, in: folder) { parent, name in
                    unlinkat(parent, name, 0)
                    let made = try Self.withName(target) { symlinkat($0, parent, name) }
                    guard made == 0 else { throw problem(entry.path.text) }
                }
            case .hardLink(let target):
                try atParent(of: target, in: folder) { other, otherName in
                    try atParent(of: entry.path, in: folder) { parent, name in
                        unlinkat(parent, name, 0)
                        guard linkat(other, otherName, parent, name, 0) == 0 else { throw problem(entry.path.text) }
                    }
                }
            case .fifo, .device: leftOut.append(entry.path.text)
            }
        }
        for (path, mode) in modes.reversed() {
            try atParent(of: path, in: folder) { parent, name in
                let made = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                guard made >= 0 else { throw problem(path.text) }
                defer { close(made) }
                fchmod(made, mode_t(mode & 0o777))
            }
        }
        return leftOut
    }

    private func write(_ content: any EntryContent, of entry: ContextEntry, in folder: CInt) throws {
        try atParent(of: entry.path, in: folder) { parent, name in
            unlinkat(parent, name, 0)
            let file = openat(
                parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode_t(entry.mode & 0o777))
            guard file >= 0 else { throw problem(entry.path.text) }
            defer { close(file) }
            try withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 8) { buffer in
                while true {
                    let count = try content.read(into: buffer)
                    guard count > 0 else { break }
                    guard writeAll(Array(buffer[..<count]), to: file) else { throw problem(entry.path.text) }
                }
            }
            fchmod(file, mode_t(entry.mode & 0o777))
        }
    }

    /// Opens the folder that an entry is in, one name after another.
    private func atParent(
        of path: EntryPath, in folder: CInt, _ work: (_ parent: CInt, _ name: UnsafePointer<CChar>) throws -> Void
    ) throws {
        var parts = path.bytes.split(separator: UInt8(ascii: "/")).map(Array.init)
        guard let last = parts.popLast(), !(parts + [last]).contains(Array("..".utf8)) else {
            throw ContextError.folderUnwritable(path.text, reason: "it is no name inside of it")
        }
        var parent = dup(folder)
        guard parent >= 0 else { throw problem(path.text) }
        defer { close(parent) }
        for part in parts {
            let next = Self.withName(part) { name -> CInt in
                if mkdirat(parent, name, 0o700) != 0, errno != EEXIST { return -1 }
                return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            }
            guard next >= 0 else { throw problem(path.text) }
            close(parent)
            parent = next
        }
        try Self.withName(last) { try work(parent, $0) }
    }

    private static func withName<Result>(_ name: [UInt8], _ use: (UnsafePointer<CChar>) throws -> Result) rethrows
        -> Result
    {
        try (name.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { buffer in
            // A buffer that is not empty has an address.
            guard let address = buffer.baseAddress else { preconditionFailure("an array with an element") }
            return try use(address)
        }
    }

    private func problem(_ path: String) -> ContextError {
        ContextError.folderUnwritable(path, reason: systemMessage())
    }
}
