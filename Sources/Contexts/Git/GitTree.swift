/// A commit, or a submodule's commit, that a context's tree is made of.
struct GitMount: Sendable {
    let checkout: GitMirror.Checkout
    /// Whether the commit has attributes that may change what a file holds.
    let hasAttributes: Bool
}

/// A file or link of a git context: enough to read it at any time.
struct GitFile: Sendable {
    /// From the root of the outermost repository.
    let path: [UInt8]
    let mount: GitMount
    let id: GitObjectID
    /// From the root of its own repository, if attributes may change what it holds.
    var filteredPath: [UInt8]?
}

/// The trees of a repository and its submodules as one tree. For one thread.
final class GitTree {
    /// A directory of it.
    struct Place {
        /// From the root of the outermost repository.
        let path: [UInt8]
        /// From the root of its own repository.
        let innerPath: [UInt8]
        let mount: GitMount
        /// Nil for a submodule that was not fetched.
        let tree: GitTreeObject?
    }

    enum Node {
        case directory(Place)
        case file(GitTreeObject.Entry, in: Place)
    }

    private static let maxLinks = 40

    /// By path from the root of the outermost repository, which has the empty one.
    let mounts: [[UInt8]: GitMount]
    private var repositories: [String: GitRepository] = [:]

    init(mounts: [[UInt8]: GitMount]) {
        self.mounts = mounts
    }

    func root() throws -> Place {
        guard let mount = mounts[[]] else { preconditionFailure("a git context has a repository") }
        return try place(at: [], mount)
    }

    private func place(at path: [UInt8], _ mount: GitMount) throws -> Place {
        let tree = try repository(mount).tree(mount.checkout.commit.tree)
        return Place(path: path, innerPath: [], mount: mount, tree: tree)
    }

    /// A directory or submodule in a directory.
    func open(_ entry: GitTreeObject.Entry, in place: Place) throws -> Place {
        let path = joinPath(place.path, entry.name)
        let innerPath = joinPath(place.innerPath, entry.name)
        if case .submodule = entry.kind {
            guard let mount = mounts[path] else {
                return Place(path: path, innerPath: innerPath, mount: place.mount, tree: nil)
            }
            return try self.place(at: path, mount)
        }
        return Place(
            path: path, innerPath: innerPath, mount: place.mount, tree: try repository(place.mount).tree(entry.id))
    }

    /// The bytes of a file as a checkout would write them, or the text of a link.
    func read(_ entry: GitTreeObject.Entry, in place: Place) throws -> GitContent {
        try read(file(entry, in: place))
    }

    func file(_ entry: GitTreeObject.Entry, in place: Place) -> GitFile {
        var filtered = false
        if place.mount.hasAttributes, case .file = entry.kind { filtered = true }
        return GitFile(
            path: joinPath(place.path, entry.name), mount: place.mount, id: entry.id,
            filteredPath: filtered ? joinPath(place.innerPath, entry.name) : nil)
    }

    func read(_ file: GitFile) throws -> GitContent {
        try reading(file) {
            let blob = try repository(file.mount).blob(file.id)
            guard let path = file.filteredPath else { return GitContent(blob: blob) }
            return GitContent(bytes: try blob.filtered(path: path, commit: file.mount.checkout.commit.id))
        }
    }

    /// The size of a file, and what stands for its content. It is read only if attributes change it.
    func describe(_ file: inout GitFile) throws -> (size: Int64, id: ContentID) {
        let found = file
        let size: Int64? = try reading(found) {
            let repository = try repository(found.mount)
            if let path = found.filteredPath, try repository.isFiltered(path, in: found.mount.checkout.commit.id) {
                return nil
            }
            return try repository.size(of: found.id)
        }
        guard let size else {
            let content = try read(found)
            return (content.size, ContentID(of: content.bytes))
        }
        guard size <= GitLibrary.largestObject else {
            throw GitFailure.sizeError(file: EntryPath(bytes: found.path).text)
        }
        file.filteredPath = nil
        return (size, ContentID(digest: found.id.bytes))
    }

    private func reading<Result>(_ file: GitFile, _ read: () throws -> Result) throws -> Result {
        do {
            return try read()
        } catch let failure as GitFailure {
            if failure.isTooLarge { throw GitFailure.sizeError(file: EntryPath(bytes: file.path).text) }
            // What is read here was there when the context was prepared.
            GitMirror.markDamaged(file.mount.checkout.path)
            throw ContextError.mirrorDamaged(remote: file.mount.checkout.remote, reason: failure.reason)
        }
    }

    /// Goes along a path, following links inside `root`.
    ///
    /// - Returns: what is there; nil if nothing is.
    /// - Throws: ``ContextError/folderOutside(_:)`` if the path or a link leads above `root` or into a `.git`.
    func find(_ path: String, from root: Place) throws -> Node? {
        var rest = Array(path.utf8).split(separator: .slash).map(Array.init)[...]
        var places = [root]
        var links = 0
        while let part = rest.popFirst() {
            if part == [.dot] { continue }
            if part == [.dot, .dot] {
                guard places.count > 1 else { throw ContextError.folderOutside(path) }
                places.removeLast()
                continue
            }
            guard !isGitName(part) else { throw ContextError.folderOutside(path) }
            let place = places[places.count - 1]
            guard let entry = place.tree?.entry(named: part) else { return nil }
            switch entry.kind {
            case .directory, .submodule:
                places.append(try open(entry, in: place))
            case .file:
                return rest.isEmpty ? .file(entry, in: place) : nil
            case .link:
                links += 1
                guard links <= Self.maxLinks else { return nil }
                let target = try read(entry, in: place).bytes
                if target.first == .slash { places = [root] }
                rest = (target.split(separator: .slash).map { Array($0) } + rest)[...]
            }
        }
        return .directory(places[places.count - 1])
    }

    private func repository(_ mount: GitMount) throws -> GitRepository {
        if let open = repositories[mount.checkout.path] { return open }
        let repository = try GitRepository(opening: mount.checkout.path)
        repositories[mount.checkout.path] = repository
        return repository
    }
}

/// What a file of a git context holds. It is in memory whole: libgit2 has no other way to a packed object.
final class GitContent: EntryContent {
    private let blob: GitBlob?
    private let filtered: [UInt8]
    private var offset = 0

    init(blob: GitBlob) {
        self.blob = blob
        filtered = []
    }

    init(bytes: [UInt8]) {
        blob = nil
        filtered = bytes
    }

    var size: Int64 { Int64(blob?.count ?? filtered.count) }
    var bytes: [UInt8] { blob?.bytes ?? filtered }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, Int(size) - offset)
        guard count > 0 else { return 0 }
        if let blob {
            blob.withBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<(offset + count)])) }
        } else {
            buffer.copyBytes(from: filtered[offset..<(offset + count)])
        }
        offset += count
        return count
    }
}
