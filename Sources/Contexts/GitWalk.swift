/// The entries of a git context: a folder of a commit, its submodules with it.
struct GitWalk: ContextWalk {
    let mounts: [[UInt8]: GitMount]
    /// The folder, from the root of the repository; empty for all of it.
    let folder: [UInt8]
    /// Of every entry: the committer time of the commit.
    let modified: Int64
    let makeFilter: @Sendable () -> IgnoreFilter
    let carried: Set<[UInt8]>
    let limits: ContextLimits

    func forEachEntry(_ visit: (ContextEntry, any EntryContent) throws -> Void) throws {
        let source = Source(tree: GitTree(mounts: mounts), folder: folder, modified: modified, limits: limits)
        do {
            try FilteredWalk(source, makeFilter(), carried: carried).run(visit)
        } catch let failure as GitFailure {
            let checkout = mounts[[]]?.checkout
            if let checkout { GitMirror.markDamaged(checkout.path) }
            throw ContextError.mirrorDamaged(remote: checkout?.remote ?? "", reason: failure.reason)
        }
    }

    private final class Source: EntryTree {
        private let tree: GitTree
        private let folder: [UInt8]
        private let modified: Int64
        private let limits: ContextLimits
        private var unpacked: Int64 = 0

        init(tree: GitTree, folder: [UInt8], modified: Int64, limits: ContextLimits) {
            self.tree = tree
            self.folder = folder
            self.modified = modified
            self.limits = limits
        }

        func openRoot() throws -> GitTree.Place {
            let root = try tree.root()
            // Without links: the path is one that was resolved.
            guard case .directory(let place) = try tree.find(String(decoding: folder, as: UTF8.self), from: root) else {
                throw ContextError.folderMissing(
                    String(decoding: folder, as: UTF8.self), inside: root.mount.checkout.remote)
            }
            return place
        }

        func items(in directory: GitTree.Place, at path: [UInt8]) -> [GitTreeObject.Entry] {
            (directory.tree?.entries() ?? []).filter { !isGitName($0.name) }
        }

        func name(of item: GitTreeObject.Entry) -> [UInt8] { item.name }

        func isDirectory(_ item: GitTreeObject.Entry) -> Bool {
            switch item.kind {
            case .directory, .submodule: true
            case .file, .link: false
            }
        }

        func open(_ item: GitTreeObject.Entry, in directory: GitTree.Place, at path: [UInt8]) throws -> GitTree.Place {
            try tree.open(item, in: directory)
        }

        func entry(of directory: GitTree.Place, at path: [UInt8]) -> ContextEntry {
            ContextEntry(path: EntryPath(bytes: path), kind: .directory, mode: 0o755, modified: modified)
        }

        func visit(
            _ item: GitTreeObject.Entry, in directory: GitTree.Place, at path: [UInt8],
            _ visit: (ContextEntry, any EntryContent) throws -> Void
        ) throws {
            let content = try tree.read(item, in: directory)
            unpacked += content.size
            guard unpacked <= limits.unpackedBytes else {
                throw ContextError.tooLarge("more bytes", limit: "\(limits.unpackedBytes) bytes")
            }
            let kind: ContextEntry.Kind
            let mode: UInt16
            switch item.kind {
            case .file(let isExecutable): (kind, mode) = (.file(size: content.size), isExecutable ? 0o755 : 0o644)
            case .link: (kind, mode) = (.symbolicLink(target: content.bytes), 0o777)
            case .directory, .submodule: return
            }
            try visit(ContextEntry(path: EntryPath(bytes: path), kind: kind, mode: mode, modified: modified), content)
        }
    }
}

/// Single files of a git context.
struct GitFiles: ContextFiles {
    let tree: GitTree
    let root: GitTree.Place
    let modified: Int64

    func resolve(_ path: String) throws -> ResolvedFile? {
        guard let cleaned = pathInside(path.utf8) else { throw ContextError.folderOutside(path) }
        switch try tree.find(String(decoding: cleaned, as: UTF8.self), from: root) {
        case .file(let entry, let place): return .inside(relative(joinPath(place.path, entry.name)))
        case .directory(let place): return .inside(relative(place.path))
        case nil: return nil
        }
    }

    func read(_ file: ResolvedFile, limit: Int) throws -> (bytes: [UInt8], entry: ContextEntry) {
        guard case .inside(let path) = file else { throw ContextError.folderOutside("") }
        let shown = String(decoding: path, as: UTF8.self)
        guard case .file(let entry, let place) = try tree.find(shown, from: root) else {
            throw ContextError.unreadable(shown, reason: "it is no file")
        }
        let content = try tree.read(entry, in: place)
        guard content.size <= limit else {
            throw ContextError.tooLarge("\(content.size) bytes in \(shown)", limit: "\(limit) bytes")
        }
        var isExecutable = false
        if case .file(true) = entry.kind { isExecutable = true }
        let item = ContextEntry(
            path: EntryPath(bytes: path), kind: .file(size: content.size), mode: isExecutable ? 0o755 : 0o644,
            modified: modified)
        return (content.bytes, item)
    }

    private func relative(_ path: [UInt8]) -> [UInt8] {
        root.path.isEmpty ? path : Array(path.dropFirst(root.path.count + 1))
    }
}
