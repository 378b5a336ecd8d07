/// The entries of a context that a builder must see, in a stable order, with their contents.
///
/// A walk blocks and may be made more than once, giving the same each time: run it on ``BlockingExecutor``.
public protocol ContextWalk: Sendable {
    /// Visits every entry, a directory before what is in it. `content` may be read only during the visit, and need not
    /// be.
    ///
    /// - Throws: ``ContextError``, what `visit` throws, `CancellationError` when the calling task is canceled.
    func forEachEntry(_ visit: (_ entry: ContextEntry, _ content: any EntryContent) throws -> Void) throws
}

/// A walk through ignore rules, which can be made again with others.
protocol FilteringWalk: ContextWalk {
    var makeFilter: @Sendable () -> IgnoreFilter { get set }
    /// Paths that are visited whatever the rules say, and the directories above them.
    var carried: Set<[UInt8]> { get set }
}

/// The bytes of one file while it is visited.
public protocol EntryContent {
    /// Copies the next bytes.
    ///
    /// - Returns: how many; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}
