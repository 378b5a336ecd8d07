import CurlHTTP
import Crypto
import Distribution
import Foundation
public import TaskModel

/// Deleting as Azure has it, by what registries of the distribution specification can do: delete manifests by digest.
extension RegistryProxy {
    /// Deletes all manifests of a repository that can be found: those with tags, and those that indexes list.
    ///
    /// - Throws: ``RegistryFailure``: 405 if the registry behind does not delete.
    public func deleteRepository(_ repository: String, in registry: Registry) async throws -> RepositoryRemoval {
        try await translating(registry) {
            let all = try await allManifests(of: repository, in: registry)
            guard !all.isEmpty else {
                throw RegistryFailure(
                    404, "NAME_UNKNOWN", "There is no repository '\(repository)', or nothing is in it.")
            }
            // Indexes first: some registries keep what an index lists.
            for manifest in all.sorted(by: { $0.details.children.count > $1.details.children.count }) {
                try await delete(manifest.details.digest, of: repository, in: registry)
            }
            return RepositoryRemoval(
                manifestsDeleted: all.map(\.details.digest), tagsDeleted: all.flatMap(\.tags).sorted())
        }
    }

    /// Deletes a tag and nothing else.
    ///
    /// Registries that can't (distribution before version 3) are asked to put an empty manifest under the tag, and then
    /// to delete that: it takes the tag with it. Whether they delete at all is tried on another empty manifest before.
    ///
    /// - Throws: ``RegistryFailure``: 404 if there is no such tag, 405 if the registry behind does not delete.
    public func deleteTag(_ tag: String, of repository: String, in registry: Registry) async throws {
        guard ImageReference.isTag(tag) else { throw RegistryFailure.unknownManifest("\(repository):\(tag)") }
        try await translating(registry) {
            do {
                _ = try await clients.resolve(
                    ImageReference(registry: registry.loginServer, repository: repository, tag: tag))
            } catch DistributionError.notFound {
                throw RegistryFailure.unknownManifest("\(repository):\(tag)")
            }
            let call = RegistryCall("DELETE", .manifest(repository: repository, reference: tag))
            do {
                if (200..<300).contains(try await forward(call, to: registry).status) { return }
            } catch let failure as RegistryFailure where failure.status == 405 {}
            let trial = try await putEmptyManifest(of: repository, in: registry, tag: nil)
            try await delete(trial, of: repository, in: registry)
            let digest = try await putEmptyManifest(of: repository, in: registry, tag: tag)
            try await delete(digest, of: repository, in: registry)
        }
    }

    private func delete(_ digest: String, of repository: String, in registry: Registry) async throws {
        let call = RegistryCall("DELETE", .manifest(repository: repository, reference: digest))
        let answer = try await forward(call, to: registry)
        // Gone is gone.
        guard (200..<300).contains(answer.status) || answer.status == 404 else {
            throw refused("delete \(repository)@\(digest)", answer, registry)
        }
    }

    /// Puts an image of nothing there, unlike any other.
    ///
    /// - Returns: its digest.
    private func putEmptyManifest(of repository: String, in registry: Registry, tag: String?) async throws -> String {
        let config = Array(
            #"{"architecture":"unknown","os":"unknown","removal":"\#(UUID().uuidString)","rootfs":{"type":"layers","diff_ids":[]}}"#
                .utf8)
        let configDigest = sha256(config)
        try await upload(config, configDigest, to: repository, in: registry)
        let manifest = Array(
            """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociManifest)","config":{"mediaType":\
            "application/vnd.oci.image.config.v1+json","digest":"\(configDigest)","size":\(config.count)},"layers":[]}
            """.utf8)
        let digest = sha256(manifest)
        let call = RegistryCall(
            "PUT", .manifest(repository: repository, reference: tag ?? digest),
            headers: [HTTPHeader("Content-Type", MediaType.ociManifest)], body: .bytes(manifest))
        let answer = try await forward(call, to: registry)
        guard answer.status == 201 else { throw refused("put a manifest in \(repository)", answer, registry) }
        return digest
    }

    private func upload(_ bytes: [UInt8], _ digest: String, to repository: String, in registry: Registry) async throws {
        let begun = try await forward(RegistryCall("POST", .uploads(repository: repository)), to: registry)
        guard begun.status == 202, let location = begun.headers["Location"],
            let slashes = location.firstRange(of: "://"),
            let start = location[slashes.upperBound...].firstIndex(of: "/")
        else { throw refused("upload to \(repository)", begun, registry) }
        let parts = location[start...].split(separator: "?", maxSplits: 1)
        guard let first = parts.first, let path = RegistryPath(String(first)) else {
            throw refused("upload to \(repository)", begun, registry)
        }
        let query = (parts.count > 1 ? parts[1] + "&" : "") + "digest=" + digest
        let call = RegistryCall(
            "PUT", path, query: query, headers: [HTTPHeader("Content-Type", "application/octet-stream")],
            body: .bytes(bytes))
        let answer = try await forward(call, to: registry)
        guard answer.status == 201 else { throw refused("upload to \(repository)", answer, registry) }
    }

    private func refused(_ action: String, _ answer: RegistryAnswer, _ registry: Registry) -> RegistryFailure {
        RegistryFailure(
            502, "UNKNOWN", "The registry behind \(registry.loginServer) did not \(action): status \(answer.status).")
    }

    private func sha256(_ bytes: [UInt8]) -> String {
        "sha256:" + SHA256.hash(data: bytes).hexadecimal
    }
}
