import Crypto
import CurlHTTP
public import TaskModel

extension RegistryClient {
    /// Gives a tag an index of images that the repository has (`PUT /v2/<name>/manifests/<tag>`). What the tag stood for
    /// before stays in the repository.
    ///
    /// - Returns: what the registry has now, with its digest.
    /// - Throws: ``DistributionError``, ``DistributionError/wrongDigest(name:expected:actual:)`` if the registry took
    ///   something else; `InvalidName`, `CancellationError`.
    public func put(_ index: ImageIndex, as image: ImageReference, credential: Credential? = nil) async throws
        -> Descriptor
    {
        let (bytes, mediaType) = try index.encoded()
        let digest = "sha256:" + SHA256.hash(data: bytes).hexadecimal
        var call = try writingCall("PUT", image, rights: "pull,push", credential: credential)
        call.body = (bytes, mediaType)
        let answer = try await answer(to: call)
        if let stored = answer.headers["Docker-Content-Digest"], stored != digest {
            throw DistributionError.wrongDigest(name: image.description, expected: digest, actual: stored)
        }
        return Descriptor(mediaType: mediaType, digest: digest, size: Int64(bytes.count))
    }

    /// Takes a tag away (`DELETE /v2/<name>/manifests/<tag>`), where the registry can. The manifest is meant to stay:
    /// some registries take that, too, so look.
    ///
    /// - Throws: ``DistributionError``: ``DistributionError/rejected(registry:status:reason:)`` from registries that
    ///   delete nothing, or only by digest.
    public func removeTag(_ image: ImageReference, credential: Credential? = nil) async throws {
        _ = try await answer(to: try writingCall("DELETE", image, rights: "pull,push,delete", credential: credential))
    }

    private func writingCall(
        _ method: String, _ image: ImageReference, rights: String, credential: Credential?
    ) throws -> Call {
        guard let tag = image.tag, image.digest == nil else {
            throw InvalidName(image.description, kind: "image name", rule: "a tag is needed here, and no digest")
        }
        return Call(
            method: method, registry: image.registry,
            path: "/v2/\(try repositoryPath(image.repository))/manifests/\(tag)", name: image.description,
            scope: "repository:\(image.repository):\(rights)", credential: credential)
    }
}
