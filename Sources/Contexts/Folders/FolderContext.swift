import Glibc

/// A folder of the local disk as a context.
public struct FolderContext: Sendable {
    /// Looks a path up for ``ContextLocation``.
    public static func localPath(_ path: String) -> ContextLocation.LocalPath? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        guard status.st_mode & S_IFMT == S_IFDIR, let real = realPath(path) else { return .somethingElse }
        return .folder(real)
    }

    static let maxDockerfileBytes = ContextLimits.dockerfileBytes

    /// Finds the Dockerfile and the ignore file. Blocks: run it on ``BlockingExecutor``.
    ///
    /// - Parameters:
    ///   - dockerfile: a path is relative to the folder, or absolute; it may lead out of the folder.
    ///   - includeGit: packs `.git` as if `!.git/**` were the last rule.
    ///   - dropsVersionControl: leaves version-control files out unless a rule asks for them, as registries in the
    ///     cloud do and Docker does not.
    ///   - latestTime: entries that are younger get this time, in seconds since 1970: what `SOURCE_DATE_EPOCH` asks for.
    ///   - onNotice: called during walks for what a person should know.
    /// - Throws: ``ContextError``.
    public static func prepare(
        _ folder: String, dockerfile: DockerfileChoice = .standard, includeGit: Bool = false,
        dropsVersionControl: Bool = true, latestTime: Int64? = nil, onNotice: (@Sendable (String) -> Void)? = nil
    ) throws -> PreparedContext {
        try prepare(
            folder, dockerfile: dockerfile, includeGit: includeGit, dropsVersionControl: dropsVersionControl,
            latestTime: latestTime, onNotice: onNotice, counter: FolderTree.Counter())
    }

    static func prepare(
        _ folder: String, dockerfile: DockerfileChoice, includeGit: Bool, dropsVersionControl: Bool = true,
        latestTime: Int64? = nil,
        onNotice: (@Sendable (String) -> Void)?, counter: FolderTree.Counter
    ) throws -> PreparedContext {
        guard case .folder(let root) = localPath(folder) else { throw ContextError.notAFolder(folder) }
        let latest = latestTime ?? .max
        let files = FolderFiles(root: root, latest: latest)
        let plan = try ContextPlan(relative(dockerfile, to: root), files: files)
        let ignore = includeGit ? try plan.ignore.adding("!.git/**") : plan.ignore
        let dropped = dropsVersionControl ? IgnoreFilter.versionControlNames : []
        let filter = { @Sendable in IgnoreFilter(ignore, droppedByDefault: dropped) }
        return plan.context(filter: filter()) { carried in
            FolderWalk(
                root: root, latest: latest, makeFilter: filter, carried: carried, counter: counter, onNotice: onNotice)
        }
    }
}

extension FolderContext {
    /// A Dockerfile in the folder by its path there, so that it and its ignore file have the names of the context.
    private static func relative(_ choice: DockerfileChoice, to root: String) -> DockerfileChoice {
        guard case .path(let path) = choice, path.hasPrefix("/"), let slash = path.lastIndex(of: "/"),
            let folder = realPath(String(path[...slash]))
        else { return choice }
        let base = root == "/" ? root : root + "/"
        let inside = (folder == "/" ? folder : folder + "/") + path[path.index(after: slash)...]
        return inside.hasPrefix(base) ? .path(String(inside.dropFirst(base.count))) : choice
    }
}

private struct FolderWalk: FilteringWalk, ListedWalk {
    let root: String
    let latest: Int64
    var makeFilter: @Sendable () -> IgnoreFilter
    var carried: Set<[UInt8]>
    let counter: FolderTree.Counter
    let onNotice: (@Sendable (String) -> Void)?

    func forEachEntry(_ visit: (ContextEntry, any EntryContent) throws -> Void) throws {
        let tree = FolderTree(root: root, latest: latest, counter: counter, onNotice: onNotice)
        try FilteredWalk(tree, makeFilter(), carried: carried).run(visit)
    }

    /// A folder can change between its listing and the reading of a file: what it holds is known only then.
    var identifiesFiles: Bool { false }

    func list() throws -> ContextListing {
        var builder = ListingBuilder()
        try forEachEntry { entry, _ in builder.add(entry) }
        let (items, _) = builder.finish()
        return ContextListing(items: items, contents: FolderContents(root: root, paths: items.map(\.entry.path)))
    }
}

/// Files of a folder by their paths, opened segment by segment so that no link is followed.
struct FolderContents: RandomContents {
    let root: String
    /// By the index of the item.
    let paths: [EntryPath]

    func open() -> String { root }

    func read(_ index: Int, from root: String, _ visit: (any EntryContent) throws -> Void) throws {
        try FolderTree(root: root, counter: .init(), onNotice: nil).read(paths[index], visit)
    }
}

/// Single files of a folder, links followed.
private struct FolderFiles: ContextFiles {
    let root: String
    let latest: Int64

    func resolve(_ path: String) throws -> ResolvedFile? {
        let asked = path.hasPrefix("/") ? path : root + "/" + path
        guard let real = realPath(asked) else {
            let code = errno
            guard code == ENOENT || code == ENOTDIR || code == ELOOP else {
                throw ContextError.unreadable(path, reason: systemMessage(code))
            }
            return nil
        }
        let base = root == "/" ? root : root + "/"
        return real.hasPrefix(base) ? .inside(Array(real.utf8.dropFirst(base.utf8.count))) : .outside(real)
    }

    func read(_ file: ResolvedFile, limit: Int) throws -> (bytes: [UInt8], entry: ContextEntry) {
        let path: [UInt8]
        switch file {
        case .inside(let inside): path = Array(root.utf8) + [.slash] + inside
        case .outside(let outside): path = Array(outside.utf8)
        }
        let shown = String(decoding: path, as: UTF8.self)
        let descriptor = withCString(path) { open($0, O_RDONLY | O_NONBLOCK | O_CLOEXEC) }
        guard descriptor >= 0 else { throw ContextError.unreadable(shown, reason: systemMessage()) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw ContextError.unreadable(shown, reason: systemMessage()) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw ContextError.unreadable(shown, reason: "it is no file") }
        guard status.st_size <= limit else {
            throw ContextError.tooLarge("\(status.st_size) bytes in \(shown)", limit: "\(limit) bytes")
        }
        let bytes = try [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
            while count < buffer.count {
                let read = Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
                if read < 0, errno == EINTR { continue }
                guard read > 0 else { throw ContextError.changedWhileReading(shown) }
                count += read
            }
        }
        let inside: [UInt8] = if case .inside(let inside) = file { inside } else { [] }
        let entry = ContextEntry(
            path: EntryPath(bytes: inside), kind: .file(size: Int64(bytes.count)),
            mode: UInt16(status.st_mode & 0o7777),
            modified: min(Int64(status.st_mtim.tv_sec), latest), capability: FileCapability(of: descriptor))
        return (bytes, entry)
    }
}

/// The path with all links resolved; nil, with `errno`, if there is nothing.
func realPath(_ path: String) -> String? {
    guard let text = realpath(path, nil) else { return nil }
    defer { free(text) }
    return String(cString: text)
}
