/// An image that a build stands on.
public struct BaseImage: Sendable, Hashable {
    /// `host/name:tag` as the builder completed it; the classic builder leaves it as it stands in the Dockerfile.
    public let reference: String
    /// What the registry gave for it, of the index if there is one. Nil if the builder told none: an image that is only
    /// copied from, or the daemon's own.
    public let digest: String?
    /// Whether it was surely the daemon's own image that was used.
    public let isLocal: Bool

    public init(reference: String, digest: String?, isLocal: Bool = false) {
        self.reference = reference
        self.digest = digest
        self.isLocal = isLocal
    }
}
