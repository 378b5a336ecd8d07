/// How large a context may be. Enforced while the bytes pass.
public struct ContextLimits: Sendable {
    /// What comes over the wire: an archive as uploaded, a pack as fetched.
    public var packedBytes: Int64 = 4 << 30
    public var unpackedBytes: Int64 = 16 << 30
    public var entries = 500_000
    /// Of one name or link.
    public var nameBytes = 4096
    /// Of all names and links of an archive together: they are in memory at the same time.
    public var allNameBytes = 64 << 20
    public var depth = 128
    /// Unpacked to packed, once more than ``ratioFreeBytes`` were unpacked.
    public var ratio: Int64 = 200
    public var ratioFreeBytes: Int64 = 64 << 20
    /// The longest that reading an archive or fetching a repository may take.
    public var duration: Duration = .seconds(600)

    /// The largest Dockerfile, wherever it comes from.
    public static let dockerfileBytes = 16 << 20

    public init() {}
}
