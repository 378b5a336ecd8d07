/// The names of an archive as the tree that they make when its entries are unpacked one by one, as builders do it.
///
/// Of several entries with one name the last wins, and what is no folder takes away what was in a folder before it.
/// Parents that were left out are made. Memory is bounded: a made parent counts like an entry, and each segment of a
/// name is kept once.
struct ArchiveNames: Sendable {
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

        /// The last segment.
        let name: [UInt8]
        let parent: Int32
        fileprivate(set) var kind = Kind.directory
        fileprivate(set) var mode: UInt16 = 0o755
        fileprivate(set) var modified: Int64 = 0
        fileprivate(set) var capability: FileCapability?
        /// The number of the entry that made it; -1 for a parent that has none.
        fileprivate(set) var entry: Int32 = -1
        /// The beginning of the chain of what is in a directory; -1 at its end.
        fileprivate var firstChild: Int32 = -1
        fileprivate var nextSibling: Int32 = -1
    }

    private struct Key: Hashable {
        let parent: Int32
        let name: [UInt8]
    }

    /// The place of the root, which is a directory whatever the archive says.
    static let root = 0

    private let limits: ContextLimits
    private var nameBytes = 0
    /// In the order in which they came up; some are not in the tree any more.
    private(set) var nodes = [Node(name: [], parent: -1)]
    private var places: [Key: Int32] = [:]

    init(limits: ContextLimits) {
        self.limits = limits
    }

    /// Adds an entry. The root stays as it is.
    ///
    /// - Throws: ``ContextError/entryRefused(_:reason:)``, ``ContextError/tooLarge(_:limit:)``.
    mutating func add(_ item: ArchiveReader.Item, number: Int) throws {
        let parts = item.path.split(separator: .slash)
        guard let name = parts.last else { return }
        let parent = try makeParents(parts.dropLast(), of: item.path)
        let kind = try kind(of: item, number: number)
        let place = try child(Array(name), of: parent) ?? make(Array(name), in: parent)
        if case .directory = nodes[place].kind {
            if case .directory = kind {} else { removeChildren(of: place) }
        }
        if case .symbolicLink(let target) = kind { try count(target) }
        if case .dangling(let target) = kind { try count(target) }
        nodes[place].kind = kind
        nodes[place].mode = item.mode
        nodes[place].modified = item.modified
        nodes[place].capability = item.capability
        nodes[place].entry = Int32(number)
    }

    /// Brings what is in each directory into the order of walks.
    mutating func sort() {
        for directory in nodes.indices where nodes[directory].firstChild >= 0 {
            let sorted = children(of: directory).sorted {
                nodes[$0].name.lexicographicallyPrecedes(nodes[$1].name)
            }
            var next: Int32 = -1
            for place in sorted.reversed() {
                nodes[place].nextSibling = next
                next = Int32(place)
            }
            nodes[directory].firstChild = next
        }
    }

    func place(of path: [UInt8]) -> Int? {
        var place = Self.root
        for part in path.split(separator: .slash) {
            guard let inner = child(Array(part), of: place) else { return nil }
            place = inner
        }
        return place
    }

    func children(of directory: Int) -> [Int] {
        var result: [Int] = []
        var place = nodes[directory].firstChild
        while place >= 0 {
            result.append(Int(place))
            place = nodes[Int(place)].nextSibling
        }
        return result
    }

    /// The directories that hold a name, the outermost first, without the root.
    func parents(of place: Int) -> [Int] {
        var result: [Int] = []
        var parent = Int(nodes[place].parent)
        while parent > Self.root {
            result.append(parent)
            parent = Int(nodes[parent].parent)
        }
        return result.reversed()
    }

    func path(of place: Int) -> [UInt8] {
        Array((parents(of: place) + [place]).map { nodes[$0].name }.joined(separator: [.slash]))
    }

    private func kind(of item: ArchiveReader.Item, number: Int) throws -> Node.Kind {
        switch item.kind {
        case .file(let size): return .file(body: number, size: size)
        case .directory: return .directory
        case .symbolicLink(let target): return .symbolicLink(target: target)
        case .fifo: return .fifo
        case .hardLink(let target):
            guard let place = place(of: target) else { return .dangling(target: target) }
            if case .directory = nodes[place].kind {
                throw ContextError.entryRefused(
                    EntryPath(bytes: item.path).text, reason: "it is a hard link to a folder")
            }
            return nodes[place].kind
        }
    }

    private mutating func makeParents(_ parts: some Sequence<ArraySlice<UInt8>>, of path: [UInt8]) throws -> Int {
        var place = Self.root
        for part in parts {
            let name = Array(part)
            place = try child(name, of: place) ?? make(name, in: place)
            switch nodes[place].kind {
            case .directory: break
            case .symbolicLink:
                throw ContextError.entryRefused(EntryPath(bytes: path).text, reason: "its path runs through a link")
            default:
                throw ContextError.entryRefused(
                    EntryPath(bytes: path).text, reason: "its path runs through what is no folder")
            }
        }
        return place
    }

    private func child(_ name: [UInt8], of parent: Int) -> Int? {
        places[Key(parent: Int32(parent), name: name)].map { Int($0) }
    }

    private mutating func make(_ name: [UInt8], in parent: Int) throws -> Int {
        guard nodes.count <= limits.entries else {
            throw ContextError.tooLarge(
                "more entries, with the folders that its names need", limit: "\(limits.entries)")
        }
        try count(name)
        let place = nodes.count
        var node = Node(name: name, parent: Int32(parent))
        node.nextSibling = nodes[parent].firstChild
        nodes.append(node)
        nodes[parent].firstChild = Int32(place)
        places[Key(parent: Int32(parent), name: name)] = Int32(place)
        return place
    }

    private mutating func removeChildren(of directory: Int) {
        var waiting = [directory]
        while let place = waiting.popLast() {
            for inner in children(of: place) {
                places[Key(parent: Int32(place), name: nodes[inner].name)] = nil
                waiting.append(inner)
            }
            nodes[place].firstChild = -1
        }
    }

    private mutating func count(_ bytes: [UInt8]) throws {
        nameBytes += bytes.count
        guard nameBytes <= limits.allNameBytes else {
            throw ContextError.tooLarge("longer names in all", limit: "\(limits.allNameBytes) bytes")
        }
    }
}
