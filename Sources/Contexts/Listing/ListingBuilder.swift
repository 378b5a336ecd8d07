/// Brings the visits of a walk into the form of a list: sorted, each path once, with all parents.
struct ListingBuilder {
    private struct Place {
        var item: ContextListing.Item
        /// Which visit has the content; -1 for what was added.
        var visit: Int32
    }

    private var places: [Place] = []
    private var hasHardLinks = false
    /// The visits so far.
    var count: Int { visits }
    private var visits = 0

    mutating func add(_ entry: ContextEntry, _ id: ContentID? = nil) {
        if case .hardLink = entry.kind { hasHardLinks = true }
        places.append(Place(item: ContextListing.Item(entry: entry, contentID: id), visit: Int32(visits)))
        visits += 1
    }

    /// - Returns: the items and, for each, the number of the visit that has its content; -1 for none.
    mutating func finish() -> (items: [ContextListing.Item], visits: [Int32]) {
        // Most walks visit in order.
        if hasHardLinks || !isInOrder { places = arranged() }
        return (places.map(\.item), places.map(\.visit))
    }

    private var isInOrder: Bool {
        var parents: [EntryPath] = []
        var last: EntryPath?
        for place in places {
            let path = place.item.entry.path
            if let last, !(last < path) { return false }
            last = path
            while let parent = parents.last, !path.isInside(parent) { parents.removeLast() }
            let depth = path.bytes.count { $0 == .slash }
            guard parents.count == depth else { return false }
            if place.item.entry.kind == .directory { parents.append(path) }
        }
        return true
    }

    private func arranged() -> [Place] {
        // The last of several entries with one name counts.
        var byPath = Dictionary(places.map { ($0.item.entry.path, $0) }) { _, last in last }
        Self.addParents(to: &byPath)
        if hasHardLinks { Self.orderLinks(in: &byPath) }
        return byPath.values.sorted { $0.item.entry.path < $1.item.entry.path }
    }

    private static func addParents(to places: inout [EntryPath: Place]) {
        for path in Array(places.keys) {
            var bytes = path.bytes[...]
            while let slash = bytes.lastIndex(of: .slash) {
                bytes = bytes[..<slash]
                let parent = EntryPath(bytes: Array(bytes))
                guard places[parent] == nil else { break }
                let entry = ContextEntry(path: parent, kind: .directory, mode: 0o755, modified: 0)
                places[parent] = Place(item: ContextListing.Item(entry: entry), visit: -1)
            }
        }
    }

    /// A hard link must name an earlier entry, and here the order is that of the names: of all names of a file, the
    /// first gets the content.
    private static func orderLinks(in places: inout [EntryPath: Place]) {
        var names: [EntryPath: [EntryPath]] = [:]
        for (path, place) in places {
            guard case .hardLink(let target) = place.item.entry.kind else { continue }
            names[finalTarget(target, in: places), default: []].append(path)
        }
        for (target, links) in names {
            guard let place = places[target], case .file = place.item.entry.kind else { continue }
            let sorted = (links + [target]).sorted()
            for path in sorted {
                let isFirst = path == sorted[0]
                var item = place.item
                item.entry.path = path
                if !isFirst { item.entry.kind = .hardLink(target: sorted[0]) }
                places[path] = Place(item: item, visit: isFirst ? place.visit : -1)
            }
        }
    }

    private static func finalTarget(_ target: EntryPath, in places: [EntryPath: Place]) -> EntryPath {
        var path = target
        // Links to links are rare and short; a loop ends, too.
        for _ in 0..<16 {
            guard let place = places[path], case .hardLink(let next) = place.item.entry.kind else { break }
            path = next
        }
        return path
    }
}

extension EntryPath {
    /// Whether it is below a directory.
    fileprivate func isInside(_ directory: EntryPath) -> Bool {
        bytes.count > directory.bytes.count && bytes[directory.bytes.count] == .slash
            && bytes.starts(with: directory.bytes)
    }
}
