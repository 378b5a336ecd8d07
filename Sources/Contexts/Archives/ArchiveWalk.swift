/// The entries of an archive that the rules leave, in the order of the archive, but for parents, which come first.
struct ArchiveWalk: FilteringWalk, ListedWalk {
    private let archive: ArchiveSource
    private let limits: ContextLimits
    private let names: ArchiveNames
    private let contentIDs: [ContentID?]?
    var makeFilter: @Sendable () -> IgnoreFilter
    var carried: Set<[UInt8]>

    init(
        _ archive: ArchiveSource, limits: ContextLimits, index: ArchiveIndex,
        makeFilter: @escaping @Sendable () -> IgnoreFilter,
        carried: Set<[UInt8]>
    ) {
        self.archive = archive
        self.limits = limits
        names = index.names
        contentIDs = index.contentIDs
        self.makeFilter = makeFilter
        self.carried = carried
    }

    func forEachEntry(_ visit: (ContextEntry, any EntryContent) throws -> Void) throws {
        var pass = try Pass(names: names, included: includedPlaces())
        let reader = try ArchiveReader(archive, limits: limits)
        var number = 0
        while try reader.next() != nil {
            try pass.take(entry: number, reader, visit)
            number += 1
        }
        try pass.finish(visit)
    }

    var identifiesFiles: Bool { contentIDs != nil }

    /// Does not read the archive. Contents come from another reading of it, in its order.
    func list() throws -> ContextListing {
        var pass = try Pass(names: names, included: includedPlaces())
        var builder = ListingBuilder()
        let visit = { (entry: ContextEntry, content: any EntryContent) in
            builder.add(entry, (content as? BodyNumber).flatMap { contentIDs?[$0.number] })
        }
        for number in 0..<pass.entries { try pass.take(entry: number, BodyNumber(number: number), visit) }
        try pass.finish(visit)
        let (items, visits) = builder.finish()
        return ContextListing(items: items, contents: WalkContents(self, visits: visits, count: builder.count))
    }

    /// The number of the entry that has the content of a file.
    private struct BodyNumber: EntryContent {
        let number: Int

        func read(into buffer: UnsafeMutableRawBufferPointer) -> Int { 0 }
    }

    /// In the order of a walk.
    private func includedPlaces() throws -> [Int32] {
        var places: [Int32] = []
        try FilteredWalk(ArchiveTree(names: names), makeFilter(), carried: carried).run { entry, _ in
            if let place = names.place(of: entry.path.bytes) { places.append(Int32(place)) }
        }
        return places
    }

    /// One reading of the archive. What it knows of a name or an entry takes a few bytes, since there may be many.
    private struct Pass {
        private let tree: ArchiveTree
        private let included: [Int32]
        private var isVisited: [Bool]
        /// By the number of an entry, the included name that it makes, and the one that its content is given to; -1 for
        /// none.
        private var placeOfEntry: [Int32] = []
        private var firstNameOfBody: [Int32] = []

        private var nodes: [ArchiveNames.Node] { tree.names.nodes }

        /// How many entries of the archive matter.
        var entries: Int { placeOfEntry.count }

        init(names: ArchiveNames, included: [Int32]) {
            tree = ArchiveTree(names: names)
            self.included = included
            isVisited = [Bool](repeating: false, count: names.nodes.count)
            let entries = Int(included.map { names.nodes[Int($0)].entry }.max() ?? -1) + 1
            placeOfEntry = [Int32](repeating: -1, count: entries)
            firstNameOfBody = placeOfEntry
            for place in included {
                let node = names.nodes[Int(place)]
                guard node.entry >= 0 else { continue }
                placeOfEntry[Int(node.entry)] = place
                // The content comes no later than the names that it has.
                guard case .file(let body, _) = node.kind else { continue }
                // The earliest name carries the content; the rest are links to it.
                let other = firstNameOfBody[body]
                if other < 0 || names.nodes[Int(other)].entry > node.entry { firstNameOfBody[body] = place }
            }
        }

        mutating func take(
            entry: Int, _ content: any EntryContent, _ visit: (ContextEntry, any EntryContent) throws -> Void
        ) throws {
            guard entry < placeOfEntry.count else { return }
            if firstNameOfBody[entry] >= 0 {
                let place = Int(firstNameOfBody[entry])
                try visitParents(of: place, visit)
                isVisited[place] = true
                try visit(tree.entry(place, at: tree.names.path(of: place)), content)
            }
            guard placeOfEntry[entry] >= 0, !isVisited[Int(placeOfEntry[entry])] else { return }
            let place = Int(placeOfEntry[entry])
            try visitParents(of: place, visit)
            try self.visit(place, visit)
        }

        /// Visits the directories that no entry led to.
        mutating func finish(_ visit: (ContextEntry, any EntryContent) throws -> Void) throws {
            for place in included where !isVisited[Int(place)] { try self.visit(Int(place), visit) }
        }

        private mutating func visit(_ place: Int, _ visit: (ContextEntry, any EntryContent) throws -> Void) throws {
            isVisited[place] = true
            var entry = try tree.entry(place, at: tree.names.path(of: place))
            if case .file(let body, _) = nodes[place].kind {
                let first = Int(firstNameOfBody[body])
                guard first >= 0, isVisited[first] else {
                    throw ContextError.archiveBroken(reason: "it changed between two readings")
                }
                entry.kind = .hardLink(target: EntryPath(bytes: tree.names.path(of: first)))
            }
            try visit(entry, NoContent())
        }

        private mutating func visitParents(of place: Int, _ visit: (ContextEntry, any EntryContent) throws -> Void)
            throws
        {
            for parent in tree.names.parents(of: place) where !isVisited[parent] { try self.visit(parent, visit) }
        }
    }
}
