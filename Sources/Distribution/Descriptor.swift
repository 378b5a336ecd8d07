/// What a registry says of a manifest or blob: its type, digest and length (OCI image specification, "content
/// descriptors").
public struct Descriptor: Sendable, Hashable {
    public let mediaType: String
    /// `sha256:` and 64 hexadecimal digits.
    public let digest: String
    /// In bytes.
    public let size: Int64

    public init(mediaType: String, digest: String, size: Int64) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
    }
}

/// The types of manifests that are asked for.
public enum MediaType {
    public static let ociIndex = "application/vnd.oci.image.index.v1+json"
    public static let ociManifest = "application/vnd.oci.image.manifest.v1+json"
    public static let dockerList = "application/vnd.docker.distribution.manifest.list.v2+json"
    public static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"

    static let indexes: Set<String> = [ociIndex, dockerList]
    static let images: Set<String> = [ociManifest, dockerManifest]
    static let accepted = [ociIndex, ociManifest, dockerList, dockerManifest].joined(separator: ", ")
}
