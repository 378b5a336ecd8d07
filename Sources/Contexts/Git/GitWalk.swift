/// The entries of a git context: a folder of a commit, its submodules with it.
struct GitWalk: FilteringWalk, ListedWalk {
    let mounts: [[UInt8]: GitMount]
    /// The `.git` in the root of the context, if there is to be one.
    let made: MadeGitDirectory?
    /// The folder, from the root of the repository; empty for all of it.
    let folder: [UInt8]
    /// Of every entry: the committer time of the commit.
    let modified: Int64
    var makeFilter: @Sendable () -> IgnoreFilter
    var carried: Set<[UInt8]>
    let limits: ContextLimits

    func forEachEntry(_ visit: (ContextEntry, any EntryContent) throws -> Void) throws {
        try run(readsFiles: true, visit)
    }

    var identifiesFiles: Bool { true }

    /// Reads no blob but those of links, and of files that attributes change.
    func list() throws -> ContextListing {
        var builder = ListingBuilder()
        var files: [GitFile?] = []
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
        defer { room.deallocate() }
        try run(readsFiles: false) { entry, content in
            let described = content as? DescribedGitFile
            files.append(described?.file)
            var id = described?.id
            if id == nil, case .file = entry.kind { id = try ContentID(reading: content, room: room) }
            builder.add(entry, id)
        }
        let (items, visits) = builder.finish()
        return ContextListing(
            items: items,
            contents: GitContents(
                mounts: mounts, made: made, files: visits.map { $0 < 0 ? nil : files[Int($0)] },
                paths: items.map(\.entry.path)))
    }

    private func run(readsFiles: Bool, _ visit: (ContextEntry, any EntryContent) throws -> Void) throws {
        let source = Source(
            tree: GitTree(mounts: mounts),
            made: made.map { FolderTree(root: $0.path, counter: .init(), onNotice: nil) },
            folder: folder, modified: modified, limits: limits, readsFiles: readsFiles)
        do {
            try FilteredWalk(source, makeFilter(), carried: carried).run(visit)
        } catch let failure as GitFailure {
            if failure.isTooLarge { throw GitFailure.sizeError() }
            let checkout = mounts[[]]?.checkout
            if let checkout { GitMirror.markDamaged(checkout.path) }
            throw ContextError.mirrorDamaged(remote: checkout?.remote ?? "", reason: failure.reason)
        }
    }

    private final class Source: EntryTree {
        enum Directory {
            case committed(GitTree.Place)
            case made(FolderTree.Directory)
        }

        enum Item {
            case committed(GitTreeObject.Entry)
            case made(FolderTree.Item)
        }

        private let tree: GitTree
        private let made: FolderTree?
        private let folder: [UInt8]
        private let modified: Int64
        private let limits: ContextLimits
        /// Whether files come with their contents, not with what stands for those.
        private let readsFiles: Bool
        private var unpacked: Int64 = 0

        init(
            tree: GitTree, made: FolderTree?, folder: [UInt8], modified: Int64, limits: ContextLimits, readsFiles: Bool
        ) {
            self.readsFiles = readsFiles
            self.tree = tree
            self.made = made
            self.folder = folder
            self.modified = modified
            self.limits = limits
        }

        func openRoot() throws -> Directory {
            let root = try tree.root()
            // Without links: the path is one that was resolved.
            guard case .directory(let place) = try tree.find(String(decoding: folder, as: UTF8.self), from: root) else {
                throw ContextError.folderMissing(
                    String(decoding: folder, as: UTF8.self), inside: root.mount.checkout.remote)
            }
            return .committed(place)
        }

        func items(in directory: Directory, at path: [UInt8]) throws -> [Item] {
            switch directory {
            case .made(let inner): return try made?.items(in: inner, at: path).map(Item.made) ?? []
            case .committed(let place):
                let items = (place.tree?.entries() ?? []).filter { !isGitName($0.name) }.map(Item.committed)
                guard path.isEmpty, let made else { return items }
                let git = try made.items(in: made.openRoot(), at: path).filter { isGitName($0.name) }.map(Item.made)
                return (items + git).sorted { name(of: $0).lexicographicallyPrecedes(name(of: $1)) }
            }
        }

        func name(of item: Item) -> [UInt8] {
            switch item {
            case .committed(let entry): entry.name
            case .made(let item): item.name
            }
        }

        func isDirectory(_ item: Item) -> Bool {
            switch item {
            case .made(let item): made?.isDirectory(item) ?? false
            case .committed(let entry):
                switch entry.kind {
                case .directory, .submodule: true
                case .file, .link: false
                }
            }
        }

        func open(_ item: Item, in directory: Directory, at path: [UInt8]) throws -> Directory {
            switch (item, directory) {
            case (.committed(let entry), .committed(let place)): return .committed(try tree.open(entry, in: place))
            case (.made(let item), .made(let inner)): return .made(try openMade(item, in: inner, at: path))
            case (.made(let item), .committed): return .made(try openMade(item, in: nil, at: path))
            case (.committed, .made): preconditionFailure("nothing of the commit is in a made directory")
            }
        }

        private func openMade(_ item: FolderTree.Item, in directory: FolderTree.Directory?, at path: [UInt8]) throws
            -> FolderTree.Directory
        {
            guard let made else { preconditionFailure("a made item comes from a made directory") }
            return try made.open(item, in: directory ?? made.openRoot(), at: path)
        }

        func entry(of directory: Directory, at path: [UInt8]) throws -> ContextEntry {
            if case .made(let inner) = directory, let made { return try made.entry(of: inner, at: path) }
            return ContextEntry(path: EntryPath(bytes: path), kind: .directory, mode: 0o755, modified: modified)
        }

        func visit(
            _ item: Item, in directory: Directory, at path: [UInt8],
            _ visit: (ContextEntry, any EntryContent) throws -> Void
        ) throws {
            switch (item, directory) {
            case (.committed(let entry), .committed(let place)): try self.visit(entry, in: place, at: path, visit)
            case (.made(let item), .made(let inner)): try made?.visit(item, in: inner, at: path, visit)
            default: preconditionFailure("an item is visited in the directory that holds it")
            }
        }

        private func visit(
            _ item: GitTreeObject.Entry, in directory: GitTree.Place, at path: [UInt8],
            _ visit: (ContextEntry, any EntryContent) throws -> Void
        ) throws {
            let content: any EntryContent
            let size: Int64
            var target: [UInt8] = []
            if !readsFiles, case .file = item.kind {
                var file = tree.file(item, in: directory)
                let described = try tree.describe(&file)
                content = DescribedGitFile(file: file, id: described.id)
                size = described.size
            } else {
                let read = try tree.read(item, in: directory)
                if case .link = item.kind { target = read.bytes }
                content = read
                size = read.size
            }
            unpacked += size
            guard unpacked <= limits.unpackedBytes else {
                throw ContextError.tooLarge("more bytes", limit: "\(limits.unpackedBytes) bytes")
            }
            let kind: ContextEntry.Kind
            let mode: UInt16
            switch item.kind {
            case .file(let isExecutable): (kind, mode) = (.file(size: size), isExecutable ? 0o755 : 0o644)
            case .link: (kind, mode) = (.symbolicLink(target: target), 0o777)
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
