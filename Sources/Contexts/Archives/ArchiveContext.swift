/// An uploaded or downloaded archive as a context: read as a stream, never unpacked.
public enum ArchiveContext {
    /// Reads the archive once, for its names, the Dockerfile and the ignore file; each walk reads it again. Blocks.
    ///
    /// A tar archive, plain or compressed with gzip, bzip2, xz or zstd, as its content says. Of several entries with
    /// one name the last wins. The Azure CLI's renamed copy of the Dockerfile (`<32 hexadecimal digits>_Dockerfile`),
    /// and ours, are found and never a part of the context.
    ///
    /// - Parameters:
    ///   - appliesIgnoreFile: whether the rules are applied, as they are to folders that somebody packed; archives from
    ///     elsewhere are taken as they are.
    ///   - includeGit: as for ``FolderContext``: the rules leave `.git` in.
    ///   - identifiesFiles: hashes all files on the way, so that a ``ContextListing`` can tell which are the same as in
    ///     another archive.
    /// - Throws: ``ContextError``, and what the source throws.
    public static func prepare(
        _ archive: ArchiveSource, dockerfile: DockerfileChoice = .standard, appliesIgnoreFile: Bool = true,
        includeGit: Bool = false, identifiesFiles: Bool = false, limits: ContextLimits = ContextLimits()
    ) throws -> PreparedContext {
        var names = ["Dockerfile", "dockerfile", ".dockerignore", "Dockerfile.dockerignore"]
        if case .path(let path) = dockerfile {
            let inside = pathInside(path.utf8) ?? []
            for name in [inside, ContextPlan.nameWithoutDigits(inside) ?? inside] {
                let asked = String(decoding: name, as: UTF8.self)
                names += [asked, asked + ".dockerignore"]
            }
        }
        let index = try ArchiveIndex(
            archive, limits: limits, capturing: Set(names.map { Array($0.utf8) }),
            captureLimit: FolderContext.maxDockerfileBytes, identifiesFiles: identifiesFiles)
        let plan = try ContextPlan(
            dockerfile, files: ArchiveFiles(archive: archive, index: index, limits: limits),
            appliesIgnoreFile: appliesIgnoreFile)
        let ignore = includeGit ? try plan.ignore.adding("!.git/**") : plan.ignore
        let hidden = plan.hidden
        let makeFilter = { @Sendable in IgnoreFilter(ignore, hidden: hidden) }
        return plan.context(filter: makeFilter()) { carried in
            ArchiveWalk(archive, limits: limits, index: index, makeFilter: makeFilter, carried: carried)
        }
    }

    /// Everything in an archive, checked as a context is, with no rules applied. Reads it once, for its names; the walk
    /// reads it again. Blocks.
    ///
    /// - Throws: ``ContextError``, and what the source throws.
    public static func contents(of archive: ArchiveSource, limits: ContextLimits = ContextLimits()) throws
        -> any ContextWalk
    {
        let index = try ArchiveIndex(archive, limits: limits, capturing: [], captureLimit: 0)
        return ArchiveWalk(
            archive, limits: limits, index: index, makeFilter: { IgnoreFilter(DockerIgnore(rules: [])) }, carried: [])
    }
}

/// Single files of an archive, links followed inside it.
private struct ArchiveFiles: ContextFiles {
    private static let maxLinks = 40

    let archive: ArchiveSource
    let index: ArchiveIndex
    let limits: ContextLimits

    func resolve(_ path: String) throws -> ResolvedFile? {
        var rest = Array(path.utf8).split(separator: .slash).map(Array.init)[...]
        var current: [UInt8] = []
        var links = 0
        while let part = rest.popFirst() {
            if part == [.dot] { continue }
            if part == [.dot, .dot] {
                guard !current.isEmpty else { throw ContextError.folderOutside(path) }
                current = current.lastIndex(of: .slash).map { Array(current[..<$0]) } ?? []
                continue
            }
            let next = joinPath(current, part)
            guard let place = index.names.place(of: next) else { return nil }
            switch index.names.nodes[place].kind {
            case .symbolicLink(let target):
                links += 1
                guard links <= Self.maxLinks else { return nil }
                if target.first == .slash { current = [] }
                rest = (target.split(separator: .slash).map { Array($0) } + rest)[...]
            case .directory: current = next
            case .file, .fifo, .dangling:
                guard rest.isEmpty else { return nil }
                current = next
            }
        }
        return .inside(current)
    }

    func read(_ file: ResolvedFile, limit: Int) throws -> (bytes: [UInt8], entry: ContextEntry) {
        guard case .inside(let path) = file, let place = index.names.place(of: path) else {
            throw ContextError.unreadable("/", reason: "it is no file")
        }
        let shown = EntryPath(bytes: path).text
        let entry = try ArchiveTree(names: index.names).entry(place, at: path)
        guard case .file(let body, let size) = index.names.nodes[place].kind else {
            throw ContextError.unreadable(shown, reason: "it is no file")
        }
        guard size <= limit else { throw ContextError.tooLarge("\(size) bytes in \(shown)", limit: "\(limit) bytes") }
        if let bytes = index.captured[body] { return (bytes, entry) }
        // A file with a name that was not foreseen, since a link leads to it.
        let reader = try ArchiveReader(archive, limits: limits)
        var number = 0
        while try reader.next() != nil {
            if number == body { return (try readAll(reader, size: size, path: EntryPath(bytes: path)), entry) }
            number += 1
        }
        throw ContextError.archiveBroken(reason: "it changed between two readings")
    }
}
