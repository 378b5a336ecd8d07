import Contexts

/// A context in which one file has another content.
struct ReplacingWalk: ContextWalk {
    let walk: any ContextWalk
    let path: EntryPath
    let content: [UInt8]

    func forEachEntry(_ visit: (ContextEntry, any EntryContent) throws -> Void) throws {
        try walk.forEachEntry { entry, original in
            guard entry.path == path, case .file = entry.kind else { return try visit(entry, original) }
            var replaced = entry
            replaced.kind = .file(size: Int64(content.count))
            try visit(replaced, InMemoryEntry(replaced, bytes: content).content())
        }
    }
}
