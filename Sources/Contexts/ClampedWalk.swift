/// A walk with no time after a given one.
public struct ClampedWalk: ContextWalk {
    private let walk: any ContextWalk
    private let latest: Int64

    /// - Parameter latest: in seconds since 1970.
    public init(_ walk: any ContextWalk, latest: Int64) {
        self.walk = walk
        self.latest = latest
    }

    public func forEachEntry(_ visit: (ContextEntry, any EntryContent) throws -> Void) throws {
        try walk.forEachEntry { entry, content in
            var entry = entry
            entry.modified = min(entry.modified, latest)
            try visit(entry, content)
        }
    }
}
