/// An entry whose content is at hand: a Dockerfile from standard input, an ignore file that must travel.
public struct InMemoryEntry: Sendable, Hashable {
    public let entry: ContextEntry
    /// What a file holds; empty for everything else.
    public let bytes: [UInt8]

    public init(_ entry: ContextEntry, bytes: [UInt8] = []) {
        self.entry = entry
        self.bytes = bytes
    }

    /// A file of mode 0644 from 1970.
    public init(file path: String, bytes: [UInt8]) {
        self.init(
            ContextEntry(path: EntryPath(path), kind: .file(size: Int64(bytes.count)), mode: 0o644, modified: 0),
            bytes: bytes)
    }

    /// Reads the content of this entry from its start.
    public func content() -> any EntryContent { BytesContent(bytes) }
}

/// Entries at hand, in the order given.
public struct InMemoryWalk: ContextWalk {
    public let entries: [InMemoryEntry]

    public init(_ entries: [InMemoryEntry]) {
        self.entries = entries
    }

    public func forEachEntry(_ visit: (ContextEntry, any EntryContent) throws -> Void) throws {
        for item in entries {
            try Task.checkCancellation()
            try visit(item.entry, item.content())
        }
    }
}

extension InMemoryWalk: ListedWalk {
    var identifiesFiles: Bool { true }

    func list() -> ContextListing {
        var builder = ListingBuilder()
        for item in entries {
            if case .file = item.entry.kind {
                builder.add(item.entry, ContentID(of: item.bytes))
            } else {
                builder.add(item.entry)
            }
        }
        let (items, visits) = builder.finish()
        return ContextListing(items: items, contents: Contents(entries: entries, visits: visits))
    }

    private struct Contents: RandomContents {
        let entries: [InMemoryEntry]
        let visits: [Int32]

        func open() {}

        func read(_ index: Int, from _: Void, _ visit: (any EntryContent) throws -> Void) throws {
            try visit(visits[index] < 0 ? NoContent() : entries[Int(visits[index])].content())
        }
    }
}

/// Some entries at hand, then those of another walk.
struct PrefixedWalk: ContextWalk {
    let first: [InMemoryEntry]
    let rest: any ContextWalk

    func forEachEntry(_ visit: (ContextEntry, any EntryContent) throws -> Void) throws {
        try InMemoryWalk(first).forEachEntry(visit)
        try rest.forEachEntry(visit)
    }
}

/// Content that is at hand.
final class BytesContent: EntryContent {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, bytes.count - offset)
        bytes.withUnsafeBytes { source in
            UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[offset..<(offset + count)]))
        }
        offset += count
        return count
    }
}

/// The content of an entry that has none.
struct NoContent: EntryContent {
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int { 0 }
}
