import Distribution
import Foundation
import Synchronization
import TaskModel

/// What a listing says of one manifest, found in the manifest itself and in the configuration of its image.
struct ManifestDetails: Sendable, Hashable {
    let digest: String
    let mediaType: String
    /// Of all layers, in bytes; for an index those of its images.
    let imageSize: Int64
    /// As the image's configuration has it; for an index that of its youngest image.
    let created: ImageTime?
    let architecture: String?
    let os: String?
    let configMediaType: String?
    /// Digests of the manifests that an index lists.
    let children: [String]
}

/// The time in an image's configuration: RFC 3339 as written, and as a number to sort by.
struct ImageTime: Sendable, Hashable, Comparable {
    let text: String
    let seconds: Double

    init?(_ text: String) {
        // A fraction of any length and an offset, which the parser does not take in all forms.
        let form = /([0-9T:\-]{19})(\.[0-9]{1,12})?(?:Z|([+\-])([0-9]{2}):([0-9]{2}))/
        guard let match = text.wholeMatch(of: form),
            let date = try? Date(String(match.output.1) + "Z", strategy: .iso8601)
        else { return nil }
        let (_, _, fraction, sign, hours, minutes) = match.output
        let offset = (Double(hours ?? "0") ?? 0) * 3600 + (Double(minutes ?? "0") ?? 0) * 60
        self.text = text
        seconds =
            date.timeIntervalSince1970 + (fraction.flatMap { Double("0" + $0) } ?? 0)
            + (sign == "-" ? offset : -offset)
    }

    static func < (left: ImageTime, right: ImageTime) -> Bool { left.seconds < right.seconds }
}

/// Keeps the details of manifests, which never change. When it is full it begins anew.
final class ManifestCache: Sendable {
    private static let mostEntries = 10_000
    private let entries = Mutex<[String: ManifestDetails]>([:])

    func find(_ digest: String) -> ManifestDetails? {
        entries.withLock { $0[digest] }
    }

    func put(_ details: ManifestDetails) {
        entries.withLock { entries in
            if entries.count >= Self.mostEntries { entries = [:] }
            entries[details.digest] = details
        }
    }
}

extension RegistryProxy {
    /// Looks at a manifest that the repository has.
    ///
    /// - Throws: `DistributionError`.
    func details(of digest: String, in repository: String, _ registry: Registry) async throws -> ManifestDetails {
        if let known = details.find(digest) { return known }
        let image = ImageReference(registry: registry.loginServer, repository: repository, digest: digest)
        let (descriptor, manifest) = try await clients.manifest(image)
        let found =
            switch manifest {
            case .image(let image): try await details(of: image, descriptor, in: repository, registry)
            case .index(let index): try await details(of: index, descriptor, in: repository, registry)
            }
        details.put(found)
        return found
    }

    private func details(
        of image: ImageManifest, _ descriptor: Descriptor, in repository: String, _ registry: Registry
    ) async throws -> ManifestDetails {
        var config: ImageConfiguration?
        // What is no image, such as a chart, may have anything for a configuration.
        if image.config.size <= 4 << 20, image.config.mediaType.hasSuffix("json") {
            let bytes = try await clients.blob(image.config.digest, of: repository, in: registry.loginServer)
            config = try? JSONDecoder().decode(ImageConfiguration.self, from: Data(bytes))
        }
        return ManifestDetails(
            digest: descriptor.digest, mediaType: descriptor.mediaType,
            imageSize: Self.sum(image.layers.map(\.size)),
            created: config?.created.flatMap(ImageTime.init), architecture: config?.architecture, os: config?.os,
            configMediaType: image.config.mediaType, children: [])
    }

    private func details(
        of index: ImageIndex, _ descriptor: Descriptor, in repository: String, _ registry: Registry
    ) async throws -> ManifestDetails {
        var children: [ManifestDetails] = []
        for entry in index.entries.prefix(64) where MediaType.isImage(entry.descriptor.mediaType) {
            do {
                children.append(try await details(of: entry.descriptor.digest, in: repository, registry))
            } catch DistributionError.notFound {}  // an index may list what was never pushed
        }
        return ManifestDetails(
            digest: descriptor.digest, mediaType: descriptor.mediaType,
            imageSize: Self.sum(children.map(\.imageSize)), created: children.compactMap(\.created).max(),
            architecture: nil, os: nil, configMediaType: nil, children: children.map(\.digest))
    }

    /// Whoever pushed a manifest wrote what he liked for sizes, so their sum may not fit.
    private static func sum(_ sizes: [Int64]) -> Int64 {
        sizes.reduce(0) { total, size in
            let (sum, isOver) = total.addingReportingOverflow(size)
            return isOver ? .max : sum
        }
    }
}

// The names are those of the OCI image specification.
private struct ImageConfiguration: Decodable {
    let created: String?
    let architecture: String?
    let os: String?
}

extension MediaType {
    static func isImage(_ type: String) -> Bool { type == ociManifest || type == dockerManifest }
}
