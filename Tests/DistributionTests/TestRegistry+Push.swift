import Crypto
import CurlHTTP
import Distribution
import Foundation
import TaskModel
import TestSupport

/// A registry's answer that a test did not expect.
struct UnexpectedAnswer: Error {
    let status: Int
    let text: String
}

extension TestRegistry {
    /// Puts an image of one layer there.
    ///
    /// - Returns: the digests of its manifest and its configuration.
    @discardableResult
    func push(_ repository: String, tag: String, content: String = "content") async throws -> (
        manifest: String, config: String
    ) {
        let layer = try await upload(Array(content.utf8), to: repository)
        let config = try await upload(Array(#"{"architecture":"amd64","os":"linux"}"#.utf8), to: repository)
        let manifest = """
            {"schemaVersion":2,"mediaType":"\(MediaType.dockerManifest)",
            "config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":37,"digest":"\(config)"},
            "layers":[{
            "mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip","size":\(content.utf8.count),"digest":"\(layer)"}]}
            """
        let digest = try await put(manifest, type: MediaType.dockerManifest, at: "\(repository)/manifests/\(tag)")
        return (digest, config)
    }

    /// - Returns: the digest.
    @discardableResult
    func put(_ manifest: String, type: String, at path: String) async throws -> String {
        let bytes = Array(manifest.utf8)
        var request = HTTPRequest(
            "PUT", "http://\(host)/v2/\(path)", headers: [HTTPHeader("Content-Type", type)], body: .bytes(bytes))
        _ = try await send(&request, expecting: 201)
        return digest(of: bytes)
    }

    private func upload(_ bytes: [UInt8], to repository: String) async throws -> String {
        var start = HTTPRequest("POST", "http://\(host)/v2/\(repository)/blobs/uploads/")
        let location = try await send(&start, expecting: 202)["Location"] ?? ""
        var put = HTTPRequest(
            "PUT", location + (location.contains("?") ? "&" : "?") + "digest=" + digest(of: bytes), body: .bytes(bytes))
        _ = try await send(&put, expecting: 201)
        return digest(of: bytes)
    }

    private func send(_ request: inout HTTPRequest, expecting status: Int) async throws -> [HTTPHeader] {
        if let credential {
            let login = Data("\(credential.username):\(credential.password.value)".utf8).base64EncodedString()
            request.headers.append(HTTPHeader("Authorization", "Basic " + login))
        }
        let (response, body) = try await HTTPClient().fetch(request)
        guard response.status == status else {
            throw UnexpectedAnswer(status: response.status, text: String(decoding: body, as: UTF8.self))
        }
        return response.headers
    }

    private func digest(of bytes: [UInt8]) -> String {
        "sha256:" + SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined()
    }
}
