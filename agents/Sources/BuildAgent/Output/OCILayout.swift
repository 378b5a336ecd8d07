import Contexts
import Crypto
import Foundation
import TaskModel

/// Saved images as an OCI image layout (OCI image specification, "image layout"): of one platform as they are, of
/// several under an index.
struct OCILayout: ContextWalk {
    private let images: [SavedImage]
    private let documents: [InMemoryEntry]

    private static let manifestType = "application/vnd.oci.image.manifest.v1+json"
    private static let indexType = "application/vnd.oci.image.index.v1+json"

    /// - Parameter names: what the images are called together; each gets an entry of its own.
    init(_ images: [SavedImage], names: [ImageReference]) throws {
        self.images = images
        var documents = [InMemoryEntry(file: "oci-layout", bytes: Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))]
        var blobs: [String: [UInt8]] = [:]
        func add(_ bytes: [UInt8]) -> String {
            let digest = "sha256:" + SHA256.hash(data: bytes).hexadecimal
            blobs[digest] = bytes
            return digest
        }
        var manifests: [Descriptor] = []
        for image in images {
            let configuration = Descriptor(
                mediaType: "application/vnd.oci.image.config.v1+json", digest: add(image.configuration),
                size: Int64(image.configuration.count))
            let bytes = try encoded(
                ManifestDocument(
                    mediaType: Self.manifestType, config: configuration,
                    layers: image.layers.map {
                        Descriptor(mediaType: $0.mediaType, digest: $0.digest, size: $0.size)
                    }))
            manifests.append(
                Descriptor(
                    mediaType: Self.manifestType, digest: add(bytes), size: Int64(bytes.count),
                    platform: image.platform))
        }
        guard var top = manifests.first else { throw UnreadableImage(reason: "it holds none") }
        if manifests.count > 1 {
            let bytes = try encoded(IndexDocument(mediaType: Self.indexType, manifests: manifests))
            top = Descriptor(mediaType: Self.indexType, digest: add(bytes), size: Int64(bytes.count))
        }
        let entries = names.map { name in
            var entry = top
            entry.annotations = [
                "io.containerd.image.name": name.description,
                "org.opencontainers.image.ref.name": name.tag ?? "latest",
            ]
            return entry
        }
        let index = IndexDocument(mediaType: Self.indexType, manifests: entries.isEmpty ? [top] : entries)
        documents.append(InMemoryEntry(file: "index.json", bytes: try encoded(index)))
        for folder in ["blobs", "blobs/sha256"] {
            documents.append(
                InMemoryEntry(ContextEntry(path: EntryPath(folder), kind: .directory, mode: 0o755, modified: 0)))
        }
        for (digest, bytes) in blobs.sorted(by: { $0.key < $1.key }) {
            documents.append(InMemoryEntry(file: Self.path(of: digest), bytes: bytes))
        }
        self.documents = documents
    }

    func forEachEntry(_ visit: (ContextEntry, any EntryContent) throws -> Void) throws {
        try InMemoryWalk(documents).forEachEntry(visit)
        var written: Set<String> = []
        for image in images {
            let digests = Dictionary(image.layers.map { ($0.path, $0.digest) }) { first, _ in first }
            try image.archive.forEachEntry { entry, content in
                guard let digest = digests[entry.path.bytes], case .file = entry.kind, written.insert(digest).inserted
                else { return }
                var blob = entry
                blob.path = EntryPath(Self.path(of: digest))
                (blob.mode, blob.modified) = (0o644, 0)
                try visit(blob, content)
            }
        }
    }

    private static func path(of digest: String) -> String { "blobs/" + digest.replacing(":", with: "/") }
}

// The names are those of the specification.
private struct Descriptor: Encodable {
    let mediaType: String
    let digest: String
    let size: Int64
    var platform: Platform?
    var annotations: [String: String]?
}

private struct ManifestDocument: Encodable {
    let schemaVersion = 2
    let mediaType: String
    let config: Descriptor
    let layers: [Descriptor]
}

private struct IndexDocument: Encodable {
    let schemaVersion = 2
    let mediaType: String
    let manifests: [Descriptor]
}

private func encoded(_ document: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return [UInt8](try encoder.encode(document))
}
