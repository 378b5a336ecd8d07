/// The entries of a walk as a list: each path once, sorted, every directory before what is in it, and the content of any
/// file by its index.
public struct ContextListing: Sendable {
    public struct Item: Sendable, Hashable {
        public internal(set) var entry: ContextEntry
        /// Of files and their hard links; nil where the bytes are not known before they are read.
        public internal(set) var contentID: ContentID?
    }

    public let items: [Item]
    private let contents: any ListedContents

    init(items: [Item], contents: any ListedContents) {
        self.items = items
        self.contents = contents
    }

    /// Makes the list. Blocks. Reads no contents where the walk can tell of its entries without them.
    ///
    /// - Throws: what the walk throws.
    public init(of walk: any ContextWalk) throws {
        if let listed = walk as? any ListedWalk {
            self = try listed.list()
            return
        }
        var builder = ListingBuilder()
        try walk.forEachEntry { entry, _ in builder.add(entry) }
        let (items, visits) = builder.finish()
        self.init(items: items, contents: WalkContents(walk, visits: visits, count: builder.count))
    }

    /// Whether a list of this walk will have ``Item/contentID``s for all files, and contents that can't change until
    /// they are read: only then may a daemon keep the files for another build.
    public static func identifiesFiles(of walk: any ContextWalk) -> Bool {
        (walk as? any ListedWalk)?.identifiesFiles ?? false
    }

    /// How many files have a content of their own.
    public var files: Int {
        items.count { item in
            if case .file = item.entry.kind { true } else { false }
        }
    }

    /// Gives the contents of files as they are asked for, until no more will be. Blocks.
    ///
    /// - Throws: ``ContextError``, what `visit` throws, `CancellationError`.
    public func read(_ wanted: WantedFiles, _ visit: (_ index: Int, _ content: any EntryContent) throws -> Void) throws
    {
        try contents.read(wanted, visit)
    }
}

/// A walk that can be listed otherwise than by making it.
protocol ListedWalk: ContextWalk {
    var identifiesFiles: Bool { get }
    func list() throws -> ContextListing
}

/// Where the contents of a listing come from.
protocol ListedContents: Sendable {
    func read(_ wanted: WantedFiles, _ visit: (Int, any EntryContent) throws -> Void) throws
}

/// Contents that can be had one by one.
protocol RandomContents: ListedContents {
    associatedtype Source
    /// What contents are read from, on one thread.
    func open() throws -> Source
    func read(_ index: Int, from source: Source, _ visit: (any EntryContent) throws -> Void) throws
}

extension RandomContents {
    func read(_ wanted: WantedFiles, _ visit: (Int, any EntryContent) throws -> Void) throws {
        let source = try open()
        while let index = wanted.takeNext() {
            try Task.checkCancellation()
            try read(index, from: source) { try visit(index, $0) }
        }
    }
}
