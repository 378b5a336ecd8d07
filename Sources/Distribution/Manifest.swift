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

        public init(descriptor: Descriptor, platform: Platform?) {
            self.descriptor = descriptor
            self.platform = platform
        }
    }

    public let entries: [Entry]

    public init(entries: [Entry]) {
        self.entries = entries
    }

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

extension ImageIndex {
    /// As JSON: a manifest list of Docker's if all its entries are Docker's own manifests, else an OCI index.
    func encoded() throws -> (bytes: [UInt8], mediaType: String) {
        let isDocker = entries.allSatisfy { $0.descriptor.mediaType == MediaType.dockerManifest }
        let mediaType = isDocker ? MediaType.dockerList : MediaType.ociIndex
        let document = Wire.Index(
            schemaVersion: 2, mediaType: mediaType,
            manifests: entries.map { entry in
                Wire.Entry(
                    mediaType: entry.descriptor.mediaType, digest: entry.descriptor.digest,
                    size: entry.descriptor.size, platform: entry.platform.map(Wire.Entry.PlatformEntry.init))
            })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ([UInt8](try encoder.encode(document)), mediaType)
    }
}

struct UnreadableManifest: Error {
    let reason: String
}

// The names are those of the OCI image specification.
private struct Wire: Decodable {
    struct Index: Encodable {
        let schemaVersion: Int
        let mediaType: String
        let manifests: [Entry]
    }

    struct Entry: Codable {
        struct PlatformEntry: Codable {
            let os: String?
            let architecture: String?
            let variant: String?

            init(_ platform: Platform) {
                os = platform.os
                architecture = platform.architecture
                variant = platform.variant
            }

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
