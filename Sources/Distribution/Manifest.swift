import Foundation
public import TaskModel

/// What stands behind a tag or digest.
public enum Manifest: Sendable, Hashable {
    case image(ImageManifest)
    case index(ImageIndex)
}

/// The manifest of one image (`application/vnd.oci.image.manifest.v1+json` and Docker's like).
public struct ImageManifest: Sendable, Hashable {
    /// Its digest is the id that a daemon with the classic image store gives the image.
    public let config: Descriptor
    /// From the base upwards.
    public let layers: [Descriptor]
}

/// A list of manifests, one for each platform (`application/vnd.oci.image.index.v1+json` and Docker's manifest list).
public struct ImageIndex: Sendable, Hashable {
    public struct Entry: Sendable, Hashable {
        public let descriptor: Descriptor
        /// Nil for entries that are no image of a platform, such as attestations.
        public let platform: Platform?
    }

    public let entries: [Entry]

    /// The entry a build for `platform` would take: same system and processor, and same variant where one is asked for.
    public func entry(for platform: Platform) -> Entry? {
        entries.first { entry in
            guard let offered = entry.platform, offered.os == platform.os else { return false }
            guard platform.architecture == nil || offered.architecture == platform.architecture else { return false }
            return platform.variant == nil || offered.variant == platform.variant
        }
    }
}

extension Manifest {
    /// Reads the JSON of a manifest or index.
    ///
    /// - Throws: ``UnreadableManifest``.
    init(_ bytes: [UInt8], mediaType: String) throws(UnreadableManifest) {
        let wire: Wire
        do {
            wire = try JSONDecoder().decode(Wire.self, from: Data(bytes))
        } catch {
            throw UnreadableManifest(reason: "the manifest is no JSON of the expected form")
        }
        // The type inside counts only where the header says nothing: older servers answer application/json.
        let known = MediaType.indexes.union(MediaType.images)
        let type = known.contains(mediaType) ? mediaType : wire.mediaType ?? mediaType
        if MediaType.indexes.contains(type) || (!known.contains(type) && wire.manifests != nil) {
            guard let manifests = wire.manifests else {
                throw UnreadableManifest(reason: "the index has no list 'manifests'")
            }
            var entries: [ImageIndex.Entry] = []
            for entry in manifests {
                entries.append(ImageIndex.Entry(descriptor: try entry.descriptor(), platform: entry.platform?.model))
            }
            self = .index(ImageIndex(entries: entries))
            return
        }
        guard let config = wire.config, let layers = wire.layers else {
            throw UnreadableManifest(
                reason: "it is neither an image manifest nor an index (type '\(type.escapedForDisplay)')")
        }
        var descriptors: [Descriptor] = []
        for layer in layers { descriptors.append(try layer.descriptor()) }
        self = .image(ImageManifest(config: try config.descriptor(), layers: descriptors))
    }
}

struct UnreadableManifest: Error {
    let reason: String
}

// The names are those of the OCI image specification.
private struct Wire: Decodable {
    struct Entry: Decodable {
        struct PlatformEntry: Decodable {
            let os: String?
            let architecture: String?
            let variant: String?

            var model: Platform? {
                guard let os, os != "unknown", !os.isEmpty else { return nil }
                return Platform(os: os, architecture: architecture, variant: variant)
            }
        }

        let mediaType: String?
        let digest: String
        let size: Int64
        let platform: PlatformEntry?

        func descriptor() throws(UnreadableManifest) -> Descriptor {
            guard ImageReference.isDigest(digest), size >= 0 else {
                throw UnreadableManifest(
                    reason: "it names something by '\(digest.escapedForDisplay)', which is no sha256 digest")
            }
            return Descriptor(mediaType: mediaType ?? "", digest: digest, size: size)
        }
    }

    let mediaType: String?
    let config: Entry?
    let layers: [Entry]?
    let manifests: [Entry]?
}
