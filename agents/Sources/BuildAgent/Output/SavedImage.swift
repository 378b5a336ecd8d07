import Contexts
import Foundation
import TaskModel

/// What `docker save` wrote of one image: where its configuration and its layers are in the archive.
struct SavedImage {
    struct Layer {
        /// Of the member that has its bytes.
        let path: [UInt8]
        let digest: String
        let mediaType: String
        let size: Int64
    }

    let archive: any ContextWalk
    let configuration: [UInt8]
    let layers: [Layer]
    let platform: Platform

    private static let plainLayer = "application/vnd.oci.image.layer.v1.tar"
    private static let maxDocument: Int64 = 8 << 20

    /// Reads the archive twice. Blocks.
    ///
    /// - Throws: ``UnreadableImage`` if it is no archive of one image, ``ContextError``.
    init(_ archive: any ContextWalk) throws {
        var members = Members()
        try archive.forEachEntry { try members.add($0, $1) }
        guard let image = try members.documents["manifest.json"].map({ try decode([Manifest].self, $0) })?.first else {
            throw UnreadableImage(reason: "it has no manifest.json")
        }
        var found: [UInt8]?
        try archive.forEachEntry { entry, content in
            guard entry.path.text == image.Config, case .file(let size) = entry.kind, size <= Self.maxDocument else {
                return
            }
            found = try readWhole(content, size: size)
        }
        guard let configuration = found else { throw UnreadableImage(reason: "it has no configuration") }
        let described = try decode(Configuration.self, configuration)
        let digests = described.rootfs.diff_ids
        guard digests.count == image.Layers.count else {
            throw UnreadableImage(reason: "its configuration names another number of layers")
        }
        var layers: [Layer] = []
        for (path, plainDigest) in zip(image.Layers, digests) {
            let place = members.followed(path)
            guard let size = members.sizes[place] else { throw UnreadableImage(reason: "there is no layer \(path)") }
            // Newer daemons name members after their digests, and keep layers as they were pulled.
            let digest = place.hasPrefix("blobs/sha256/") ? "sha256:" + place.dropFirst(13) : plainDigest
            guard ImageReference.isDigest(digest) else { throw UnreadableImage(reason: "a layer has an odd digest") }
            let mediaType =
                image.LayerSources?[digest]?.mediaType ?? Self.plainLayer + (members.compressions[place] ?? "")
            layers.append(Layer(path: Array(place.utf8), digest: digest, mediaType: mediaType, size: size))
        }
        self.archive = archive
        self.configuration = configuration
        self.layers = layers
        platform = Platform(os: described.os, architecture: described.architecture, variant: described.variant)
    }

    /// What is kept of the members of an archive.
    private struct Members {
        var documents: [String: [UInt8]] = [:]
        var sizes: [String: Int64] = [:]
        /// What the media type of a layer has at its end, of those that are compressed.
        var compressions: [String: String] = [:]
        private var links: [String: String] = [:]

        mutating func add(_ entry: ContextEntry, _ content: any EntryContent) throws {
            let path = entry.path.text
            switch entry.kind {
            case .file(let size):
                sizes[path] = size
                guard path == "manifest.json" else {
                    if size >= 4 { compressions[path] = try Self.compression(of: content) }
                    return
                }
                guard size <= maxDocument else { return }
                documents[path] = try readWhole(content, size: size)
            case .symbolicLink(let target): links[path] = String(decoding: target, as: UTF8.self)
            case .hardLink(let target): links[path] = "/" + target.text
            case .directory, .fifo, .device: break
            }
        }

        private static func compression(of content: any EntryContent) throws -> String? {
            switch try readWhole(content, size: 4) {
            case let bytes where bytes.starts(with: [0x1f, 0x8b]): "+gzip"
            case [0x28, 0xb5, 0x2f, 0xfd]: "+zstd"
            default: nil
            }
        }

        /// A layer that an image has twice is a link to `../ID/layer.tar`.
        func followed(_ path: String) -> String {
            guard let target = links[path] else { return path }
            if target.hasPrefix("/") { return String(target.dropFirst()) }
            var parts = path.split(separator: "/").dropLast().map(String.init)
            for part in target.split(separator: "/") {
                if part == ".." { _ = parts.popLast() } else if part != "." { parts.append(String(part)) }
            }
            return parts.joined(separator: "/")
        }
    }
}

/// Why an archive of an image can't be used.
struct UnreadableImage: Error, CustomStringConvertible {
    let reason: String

    var description: String { "the docker daemon's archive of the image can't be read: \(reason)" }
}

// The names are those of the formats.
private struct Manifest: Decodable {
    struct Source: Decodable {
        let mediaType: String?
    }

    let Config: String
    let Layers: [String]
    let LayerSources: [String: Source]?
}

private struct Configuration: Decodable {
    struct Root: Decodable {
        let diff_ids: [String]
    }

    let os: String
    let architecture: String
    let variant: String?
    let rootfs: Root
}

private func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) throws -> Value {
    do {
        return try JSONDecoder().decode(type, from: Data(bytes))
    } catch {
        throw UnreadableImage(reason: "\(error)")
    }
}

private func readWhole(_ content: any EntryContent, size: Int64) throws -> [UInt8] {
    let bytes = try content.read(upTo: Int(size))
    guard bytes.count == size else { throw UnreadableImage(reason: "it ends early") }
    return bytes
}
