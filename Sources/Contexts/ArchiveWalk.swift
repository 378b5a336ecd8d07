/// The entries of an archive that the rules leave, in the order of the archive, but for parents, which come first.
struct ArchiveWalk: ContextWalk {
    private let archive: ArchiveSource
    private let limits: ContextLimits
    private let index: ArchiveIndex
    private let makeFilter: @Sendable () -> IgnoreFilter
    private let carried: Set<[UInt8]>

    init(
        _ archive: ArchiveSource, limits: ContextLimits, index: ArchiveIndex,
        makeFilter: @escaping @Sendable () -> IgnoreFilter,
        carried: Set<[UInt8]>
    ) {
        self.archive = archive
        self.limits = limits
        self.index = index
        self.makeFilter = makeFilter
        self.carried = carried
    }

    func forEachEntry(_ visit: (ContextEntry, any EntryContent) throws -> Void) throws {
        var pass = try Pass(index: index, included: includedPlaces())
        let reader = try ArchiveReader(archive, limits: limits)
        var number = 0
        while try reader.next() != nil {
            try pass.take(entry: number, reader, visit)
            number += 1
        }
        try pass.finish(visit)
    }

    private func includedPlaces() throws -> Set<Int> {
        var places: Set<Int> = []
        try FilteredWalk(ArchiveTree(index: index), makeFilter(), carried: carried).run { entry, _ in
            if let place = index.place(of: entry.path.bytes) { places.insert(place) }
        }
        return places
    }

    /// One reading of the archive.
    private struct Pass {
        private let index: ArchiveIndex
        private let included: Set<Int>
        /// The included names that each entry makes, and each content has, by the number of the entry.
        private var placeOfEntry: [Int: Int] = [:]
        private var firstNameOfBody: [Int: Int] = [:]
        private var visited: Set<Int> = []

        init(index: ArchiveIndex, included: Set<Int>) {
            self.index = index
            self.included = included
            for place in included {
                let node = index.nodes[place]
                guard let entry = node.entry else { continue }
                placeOfEntry[entry] = place
                guard case .file(let body, _) = node.kind else { continue }
                // The earliest name carries the content; the rest are links to it.
                if let other = firstNameOfBody[body], let otherEntry = index.nodes[other].entry, otherEntry < entry {
                    continue
                }
                firstNameOfBody[body] = place
            }
        }

        mutating func take(
            entry: Int, _ content: any EntryContent, _ visit: (ContextEntry, any EntryContent) throws -> Void
        ) throws {
            if let place = firstNameOfBody[entry] {
                try visitParents(of: place, visit)
                visited.insert(place)
                try visit(ArchiveTree.entry(index.nodes[place]), content)
            }
            guard let place = placeOfEntry[entry], !visited.contains(place) else { return }
            try visitParents(of: place, visit)
            try self.visit(place, visit)
        }

        /// Visits the directories that no entry led to.
        mutating func finish(_ visit: (ContextEntry, any EntryContent) throws -> Void) throws {
            for place in included.sorted() where !visited.contains(place) { try self.visit(place, visit) }
        }

        private mutating func visit(_ place: Int, _ visit: (ContextEntry, any EntryContent) throws -> Void) throws {
            visited.insert(place)
            let node = index.nodes[place]
            var entry = try ArchiveTree.entry(node)
            if case .file(let body, _) = node.kind {
                guard let first = firstNameOfBody[body], visited.contains(first) else {
                    throw ContextError.archiveBroken(reason: "it changed between two readings")
                }
                entry.kind = .hardLink(target: EntryPath(bytes: index.nodes[first].path))
            }
            try visit(entry, NoContent())
        }

        private mutating func visitParents(of place: Int, _ visit: (ContextEntry, any EntryContent) throws -> Void)
            throws
        {
            for parent in parentPaths(of: index.nodes[place].path) {
                guard let place = index.place(of: parent), !visited.contains(place) else { continue }
                try self.visit(place, visit)
            }
        }
    }
}
