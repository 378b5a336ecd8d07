import Contexts
import Foundation

/// The entries of a walk as `DiffCopy` lists them: sorted, every directory before what is in it, each with an id that
/// is its index.
struct FileListing: Sendable {
    let entries: [ContextEntry]
    /// The id of the file whose content the walk's n-th visit has; `noID` where the visit has none that is wanted.
    let idsOfVisits: [UInt32]

    static let noID = UInt32.max

    /// Makes a walk. Blocks.
    init(of walk: any ContextWalk) throws {
        var places: [EntryPath: Place] = [:]
        var visits = 0
        try walk.forEachEntry { entry, _ in
            // The last of several entries with one name counts.
            places[entry.path] = Place(entry: entry, visit: visits)
            visits += 1
        }
        Self.addParents(to: &places)
        Self.orderLinks(in: &places)
        let sorted = places.values.sorted { $0.entry.path < $1.entry.path }
        var ids = [UInt32](repeating: Self.noID, count: visits)
        for (id, place) in sorted.enumerated() {
            if case .file = place.entry.kind, place.visit >= 0 { ids[place.visit] = UInt32(id) }
        }
        entries = sorted.map(\.entry)
        idsOfVisits = ids
    }

    private struct Place {
        var entry: ContextEntry
        /// Which visit has the content; negative for what was added.
        var visit: Int
    }

    private static func addParents(to places: inout [EntryPath: Place]) {
        for path in Array(places.keys) {
            var bytes = path.bytes[...]
            while let slash = bytes.lastIndex(of: UInt8(ascii: "/")) {
                bytes = bytes[..<slash]
                let parent = EntryPath(bytes: Array(bytes))
                guard places[parent] == nil else { break }
                let entry = ContextEntry(path: parent, kind: .directory, mode: 0o755, modified: 0)
                places[parent] = Place(entry: entry, visit: -1)
            }
        }
    }

    /// A hard link must name an earlier entry, and here the order is that of the names: of all names of a file, the
    /// first gets the content.
    private static func orderLinks(in places: inout [EntryPath: Place]) {
        var names: [EntryPath: [EntryPath]] = [:]
        for (path, place) in places {
            guard case .hardLink(let target) = place.entry.kind else { continue }
            names[finalTarget(target, in: places), default: []].append(path)
        }
        for (target, links) in names {
            guard let place = places[target], case .file = place.entry.kind else { continue }
            let sorted = (links + [target]).sorted()
            for path in sorted {
                let isFirst = path == sorted[0]
                var entry = place.entry
                entry.path = path
                if !isFirst { entry.kind = .hardLink(target: sorted[0]) }
                places[path] = Place(entry: entry, visit: isFirst ? place.visit : -1)
            }
        }
    }

    private static func finalTarget(_ target: EntryPath, in places: [EntryPath: Place]) -> EntryPath {
        var path = target
        // Links to links are rare and short; a loop ends, too.
        for _ in 0..<16 {
            guard let place = places[path], case .hardLink(let next) = place.entry.kind else { break }
            path = next
        }
        return path
    }
}

extension WireStat {
    /// Modes are those of Go's `os.FileMode`. Owners are root: what is sent here reaches the image.
    init(_ entry: ContextEntry) {
        self.init()
        path = Data(entry.path.bytes)
        mode = UInt32(entry.mode & 0o777)
        if entry.mode & 0o4000 != 0 { mode |= 1 << 23 }
        if entry.mode & 0o2000 != 0 { mode |= 1 << 22 }
        if entry.mode & 0o1000 != 0 { mode |= 1 << 20 }
        modTime =
            entry.modified.multipliedReportingOverflow(by: 1_000_000_000).overflow ? 0 : entry.modified * 1_000_000_000
        switch entry.kind {
        case .file(let size):
            self.size = size
            if let capability = entry.capability { xattrs[FileCapability.attribute] = Data(capability.bytes) }
        case .directory: mode |= 1 << 31
        case .symbolicLink(let target):
            mode = 0o777 | 1 << 27
            linkname = Data(target)
            size = Int64(target.count)
        case .hardLink(let target): linkname = Data(target.bytes)
        case .fifo: mode |= 1 << 25
        case .device(let isCharacter, let major, let minor):
            mode |= 1 << 26 | (isCharacter ? 1 << 21 : 0)
            devmajor = Int64(major)
            devminor = Int64(minor)
        }
    }
}
