import CGit2

/// What a look through all trees of a commit finds, without reading its files.
struct GitInspection {
    /// The submodules, by path.
    private(set) var submodules: [(path: [UInt8], commit: GitObjectID)] = []
    /// The paths of all `.gitattributes`.
    private(set) var attributeFiles: [(path: [UInt8], id: GitObjectID)] = []
    private(set) var modules: GitObjectID?
    private var entries = 0

    /// - Throws: ``GitFailure`` if something of the commit is missing or can't be read,
    ///   ``ContextError/tooLarge(_:limit:)``.
    init(_ repository: GitRepository, _ commit: GitCommit, limits: ContextLimits) throws {
        try visit(commit.tree, at: [], depth: 0, repository, limits)
    }

    private mutating func visit(
        _ id: GitObjectID, at path: [UInt8], depth: Int, _ repository: GitRepository, _ limits: ContextLimits
    ) throws {
        try Task.checkCancellation()
        guard depth <= limits.depth else {
            throw ContextError.tooLarge("deeper folders", limit: "\(limits.depth) levels")
        }
        var previous: [UInt8]?
        for entry in try repository.tree(id).entries() {
            try check(entry.name, previous, in: path)
            previous = entry.name
            // Never packed, and so not looked into.
            if isGitName(entry.name) { continue }
            entries += 1
            guard entries <= limits.entries else {
                throw ContextError.tooLarge("more entries", limit: "\(limits.entries)")
            }
            let inner = joinPath(path, entry.name)
            guard inner.count <= limits.nameBytes else {
                throw ContextError.tooLarge("longer paths", limit: "\(limits.nameBytes) bytes")
            }
            switch entry.kind {
            case .directory:
                try visit(entry.id, at: inner, depth: depth + 1, repository, limits)
            case .submodule:
                submodules.append((inner, entry.id))
            case .file, .link:
                guard repository.has(entry.id) else { throw GitFailure(missing: entry.id) }
                if entry.name.elementsEqual(".gitattributes".utf8) { attributeFiles.append((inner, entry.id)) }
                if inner.elementsEqual(".gitmodules".utf8) { modules = entry.id }
            }
        }
    }

    /// git checks nothing out that has such names; nor would a builder's archive of them be harmless.
    private func check(_ name: [UInt8], _ previous: [UInt8]?, in path: [UInt8]) throws(ContextError) {
        let shown = EntryPath(bytes: joinPath(path, name)).text
        guard !name.isEmpty, name != [.dot], name != [.dot, .dot], !name.contains(.slash) else {
            throw .folderOutside(shown)
        }
        guard name != previous else { throw .entryRefused(shown, reason: "its folder holds that name twice") }
    }
}
