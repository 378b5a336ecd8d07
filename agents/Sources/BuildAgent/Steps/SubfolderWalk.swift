import Contexts

/// What is in one folder of a context, as if that were all of it.
struct SubfolderWalk: ContextWalk {
    private let walk: any ContextWalk
    private let prefix: [UInt8]

    /// - Parameter folder: its parts, relative to the root of the context; none for all of it.
    init(_ walk: any ContextWalk, folder: [String]) {
        self.walk = walk
        prefix = folder.isEmpty ? [] : Array((folder.joined(separator: "/") + "/").utf8)
    }

    func forEachEntry(_ visit: (_ entry: ContextEntry, _ content: any EntryContent) throws -> Void) throws {
        try walk.forEachEntry { entry, content in
            guard let path = inside(entry.path) else { return }
            var entry = entry
            entry.path = path
            if case .hardLink(let target) = entry.kind, let target = inside(target) {
                entry.kind = .hardLink(target: target)
            }
            try visit(entry, content)
        }
    }

    /// Whether the folder is there as a folder, and nothing in it is another name of a file outside. Blocks.
    func isComplete() throws -> Bool {
        guard !prefix.isEmpty else { return true }
        var isFound = false
        var isWhole = true
        try walk.forEachEntry { entry, _ in
            if entry.kind == .directory, entry.path.bytes.elementsEqual(prefix.dropLast()) { isFound = true }
            guard inside(entry.path) != nil else { return }
            isFound = true
            if case .hardLink(let target) = entry.kind, inside(target) == nil { isWhole = false }
        }
        return isFound && isWhole
    }

    private func inside(_ path: EntryPath) -> EntryPath? {
        guard !prefix.isEmpty else { return path }
        guard path.bytes.count > prefix.count, path.bytes.starts(with: prefix) else { return nil }
        return EntryPath(bytes: Array(path.bytes.dropFirst(prefix.count)))
    }
}
