/// The names of an archive: what remains when of several entries with one name the last wins, with the parents that
/// were left out.
final class ArchiveIndex: Sendable {
    /// A name.
    struct Node: Sendable {
        enum Kind: Sendable {
            case directory
            case symbolicLink(target: [UInt8])
            case fifo
            /// One of the names of a file, whose content is that of the entry with this number.
            case file(body: Int, size: Int64)
            /// A hard link to what the archive does not hold.
            case dangling(target: [UInt8])
        }

        let path: [UInt8]
        let kind: Kind
        let mode: UInt16
        let modified: Int64
        /// The number of the entry that made it; nil for a parent that has none.
        let entry: Int?
    }

    /// Sorted as walks are.
    let nodes: [Node]
    /// What is in each directory, by its place in ``nodes``; the root is -1.
    let children: [Int: [Int]]
    private let places: [[UInt8]: Int]
    /// The bytes of small files with names that were asked for, by the number of their entry.
    let captured: [Int: [UInt8]]

    /// Reads the archive once.
    ///
    /// - Parameter capturing: the names of files whose bytes are kept, up to `captureLimit` each.
    init(_ archive: ArchiveSource, limits: ContextLimits, capturing names: Set<[UInt8]>, captureLimit: Int) throws {
        let reader = try ArchiveReader(archive, limits: limits)
        var found: [[UInt8]: Node] = [:]
        var captured: [Int: [UInt8]] = [:]
        var number = 0
        while let item = try reader.next() {
            defer { number += 1 }
            guard !item.path.isEmpty else { continue }
            let kind: Node.Kind
            switch item.kind {
            case .file(let size):
                kind = .file(body: number, size: size)
                if names.contains(item.path), size <= captureLimit {
                    captured[number] = try readAll(reader, size: size, path: EntryPath(bytes: item.path))
                }
            case .directory: kind = .directory
            case .symbolicLink(let target): kind = .symbolicLink(target: target)
            case .fifo: kind = .fifo
            case .hardLink(let target):
                switch found[target]?.kind {
                case .directory:
                    throw ContextError.entryRefused(
                        EntryPath(bytes: item.path).text, reason: "it is a hard link to a folder")
                case nil: kind = .dangling(target: target)
                case .some(let other): kind = other
                }
            }
            found[item.path] = Node(
                path: item.path, kind: kind, mode: item.mode, modified: item.modified, entry: number)
        }
        for path in Array(found.keys) { try Self.addParents(of: path, to: &found) }
        let nodes = found.values.sorted { EntryPath(bytes: $0.path) < EntryPath(bytes: $1.path) }
        var places: [[UInt8]: Int] = [:]
        for (place, node) in nodes.enumerated() { places[node.path] = place }
        var children: [Int: [Int]] = [:]
        for (place, node) in nodes.enumerated() {
            let parent = node.path.lastIndex(of: .slash).flatMap { places[Array(node.path[..<$0])] } ?? -1
            children[parent, default: []].append(place)
        }
        self.nodes = nodes
        self.children = children
        self.places = places
        self.captured = captured
    }

    func place(of path: [UInt8]) -> Int? { places[path] }

    private static func addParents(of path: [UInt8], to found: inout [[UInt8]: Node]) throws {
        for parent in parentPaths(of: path) {
            switch found[parent]?.kind {
            case .directory: continue
            case nil: found[parent] = Node(path: parent, kind: .directory, mode: 0o755, modified: 0, entry: nil)
            case .symbolicLink:
                throw ContextError.entryRefused(EntryPath(bytes: path).text, reason: "its path runs through a link")
            case .some:
                throw ContextError.entryRefused(
                    EntryPath(bytes: path).text, reason: "its path runs through what is no folder")
            }
        }
    }
}

/// The index as a tree to walk.
struct ArchiveTree: EntryTree {
    let index: ArchiveIndex

    func openRoot() -> Int { -1 }
    func items(in directory: Int, at path: [UInt8]) -> [Int] { index.children[directory] ?? [] }

    func name(of item: Int) -> [UInt8] {
        let path = index.nodes[item].path
        return path.lastIndex(of: .slash).map { Array(path[($0 + 1)...]) } ?? path
    }

    func isDirectory(_ item: Int) -> Bool {
        if case .directory = index.nodes[item].kind { true } else { false }
    }

    func open(_ item: Int, in directory: Int, at path: [UInt8]) -> Int { item }
    func entry(of directory: Int, at path: [UInt8]) throws -> ContextEntry { try Self.entry(index.nodes[directory]) }

    func visit(
        _ item: Int, in directory: Int, at path: [UInt8], _ visit: (ContextEntry, any EntryContent) throws -> Void
    ) throws {
        try visit(Self.entry(index.nodes[item]), NoContent())
    }

    static func entry(_ node: ArchiveIndex.Node) throws -> ContextEntry {
        let kind: ContextEntry.Kind
        switch node.kind {
        case .directory: kind = .directory
        case .symbolicLink(let target): kind = .symbolicLink(target: target)
        case .fifo: kind = .fifo
        case .file(_, let size): kind = .file(size: size)
        case .dangling(let target):
            throw ContextError.entryRefused(
                EntryPath(bytes: node.path).text,
                reason:
                    "it is a hard link to '\(EntryPath(bytes: target))', which is not in the archive. Copy the file in place of the link, "
                    + "or keep both names in the context")
        }
        return ContextEntry(path: EntryPath(bytes: node.path), kind: kind, mode: node.mode, modified: node.modified)
    }
}
