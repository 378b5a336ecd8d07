/// How much build cache a pool's daemon may keep.
public struct CacheLimits: Sendable, Hashable {
    /// Nil leaves it to the daemon's own garbage collection.
    public var maxBytes: Int64?
    /// What was not used for this long goes; nil for no limit.
    public var maxAge: Duration?

    public init(maxBytes: Int64? = nil, maxAge: Duration? = nil) {
        self.maxBytes = maxBytes
        self.maxAge = maxAge
    }
}

/// The build cache of a daemon. Layers that images have too don't count.
public struct CacheUsage: Sendable, Hashable {
    public let bytes: Int64
    /// What nothing uses at the moment.
    public let reclaimableBytes: Int64
    public let records: Int
    public let recordsInUse: Int

    public init(bytes: Int64, reclaimableBytes: Int64, records: Int, recordsInUse: Int) {
        self.bytes = bytes
        self.reclaimableBytes = reclaimableBytes
        self.records = records
        self.recordsInUse = recordsInUse
    }
}

/// Which part of a build cache is to go. Records in use always stay, and of the others those that were not used for longest
/// go first.
public struct CachePruning: Sendable, Hashable {
    /// Also records of the builder's own: frontends, transferred contexts.
    public var isWhole: Bool
    /// Stops when no more than this is left.
    public var keptBytes: Int64?
    /// Only what was not used for this long.
    public var unusedFor: Duration?

    public init(isWhole: Bool = false, keptBytes: Int64? = nil, unusedFor: Duration? = nil) {
        self.isWhole = isWhole
        self.keptBytes = keptBytes
        self.unusedFor = unusedFor
    }
}

/// What went.
public struct PrunedCache: Sendable, Hashable {
    public let bytes: Int64
    public let records: Int

    public init(bytes: Int64, records: Int) {
        self.bytes = bytes
        self.records = records
    }
}
