import Crypto
import CurlHTTP
public import TaskModel

extension RegistryClient {
    /// Looks up what a tag or digest stands for (`HEAD /v2/<name>/manifests/<reference>`; `GET` where that says too
    /// little).
    ///
    /// - Throws: ``DistributionError``, `InvalidName`, `CancellationError`.
    public func resolve(_ image: ImageReference, credential: Credential? = nil) async throws -> Descriptor {
        var call = try manifestCall(image, credential: credential)
        call.method = "HEAD"
        do {
            let answer = try await answer(to: call)
            if let descriptor = announced(in: answer.headers) {
                try check(descriptor.digest, is: image)
                return descriptor
            }
        } catch DistributionError.rejected {
            // Some servers know no HEAD; if GET is refused too, its answer says why.
        }
        return try await manifest(image, credential: credential).descriptor
    }

    /// Fetches a manifest or index and checks it against its digest (`GET /v2/<name>/manifests/<reference>`).
    ///
    /// - Throws: ``DistributionError``, `InvalidName`, `CancellationError`.
    public func manifest(_ image: ImageReference, credential: Credential? = nil) async throws -> (
        descriptor: Descriptor, manifest: Manifest
    ) {
        let answer = try await answer(to: try manifestCall(image, credential: credential))
        let digest = "sha256:" + SHA256.hash(data: answer.bytes).hexadecimal
        // Digests of other kinds can't be checked here, and are not used.
        if let announced = answer.headers["Docker-Content-Digest"], ImageReference.isDigest(announced),
            announced != digest
        {
            throw DistributionError.wrongDigest(
                name: image.description, expected: announced, actual: digest)
        }
        try check(digest, is: image)
        let mediaType = mediaType(in: answer.headers)
        do {
            let manifest = try Manifest(answer.bytes, mediaType: mediaType)
            return (Descriptor(mediaType: mediaType, digest: digest, size: Int64(answer.bytes.count)), manifest)
        } catch {
            throw DistributionError.invalidAnswer(registry: image.registry, reason: error.reason)
        }
    }

    private func manifestCall(_ image: ImageReference, credential: Credential?) throws -> Call {
        let reference = image.reference
        guard ImageReference.isTag(reference) || ImageReference.isDigest(reference) else {
            throw InvalidName(
                image.description, kind: "image name",
                rule: "'\(reference.escapedForDisplay)' is neither a tag nor a digest")
        }
        return Call(
            registry: image.registry, path: "/v2/\(try repositoryPath(image.repository))/manifests/\(reference)",
            name: image.description,
            scope: "repository:\(image.repository):pull", credential: credential, accept: MediaType.accepted)
    }

    /// The repository, once it is sure that it can't be taken for anything else in a URL.
    func repositoryPath(_ repository: String) throws -> String {
        guard ImageReference.isRepository(repository) else {
            throw InvalidName(
                repository, kind: "repository",
                rule: "it must be lower-case letters, digits, and single separators between them")
        }
        return repository
    }

    private func announced(in headers: [HTTPHeader]) -> Descriptor? {
        guard let digest = headers["Docker-Content-Digest"], ImageReference.isDigest(digest),
            let size = headers["Content-Length"].flatMap({ Int64($0) }), size > 0
        else { return nil }
        return Descriptor(mediaType: mediaType(in: headers), digest: digest, size: size)
    }

    private func mediaType(in headers: [HTTPHeader]) -> String {
        let value = headers["Content-Type"] ?? ""
        return String(value.prefix { $0 != ";" && $0 != " " })
    }

    private func check(_ digest: String, is image: ImageReference) throws(DistributionError) {
        guard let expected = image.digest, expected != digest else { return }
        throw .wrongDigest(name: image.description, expected: expected, actual: digest)
    }
}
