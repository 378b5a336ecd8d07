import Crypto
import CurlHTTP
import TaskModel
import TestSupport

extension TestRegistry {
    /// Pushes an image without layers, which differs by its content alone.
    ///
    /// - Returns: its digest.
    @discardableResult
    func push(_ repository: String, tag: String, content: String) async throws -> String {
        let config = Array("{\"comment\":\"\(content)\"}".utf8)
        let start = try await send("POST", "http://\(host)/v2/\(repository)/blobs/uploads/", [])
        let location = start.headers["Location"] ?? ""
        let separator = location.contains("?") ? "&" : "?"
        _ = try await send("PUT", "\(location)\(separator)digest=\(Self.digest(config))", config)
        let type = "application/vnd.oci.image.manifest.v1+json"
        let manifest = Array(
            """
            {"schemaVersion":2,"mediaType":"\(type)","config":{"mediaType":"application/vnd.oci.image.config.v1+json",\
            "digest":"\(Self.digest(config))","size":\(config.count)},"layers":[]}
            """.utf8)
        _ = try await send("PUT", "http://\(host)/v2/\(repository)/manifests/\(tag)", manifest, type: type)
        return Self.digest(manifest)
    }

    private struct Refused: Error {
        let status: Int
    }

    private func send(_ method: String, _ url: String, _ body: [UInt8], type: String = "application/octet-stream")
        async throws -> HTTPResponse
    {
        let request = HTTPRequest(
            method, url, headers: [HTTPHeader("Content-Type", type)], body: .bytes(body))
        let (response, _) = try await HTTPClient().fetch(request)
        guard (200..<300).contains(response.status) else { throw Refused(status: response.status) }
        return response
    }

    private static func digest(_ bytes: [UInt8]) -> String {
        "sha256:" + SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
