public import CurlHTTP
import TaskModel

extension ResourceClient {
    /// Asks for a place to upload a context to (`POST P/listBuildSourceUploadUrl`).
    public func sourceUpload(in registry: ResourceID) async throws -> SourceUpload {
        try await post("\(registry)/listBuildSourceUploadUrl", apiVersion: APIVersion.runs)
    }

    /// Uploads a context (`PUT uploadUrl`), as it is produced.
    ///
    /// - Parameters:
    ///   - length: in bytes; nil sends the body in chunks, whose end tells the server that all has come.
    ///   - produce: writes the archive. If it throws, the upload is broken off without that end.
    /// - Throws: what `produce` threw, ``ResourceError``.
    public func upload(
        to upload: SourceUpload, length: Int64? = nil, produce: @escaping @Sendable (BytePipe) async throws -> Void
    ) async throws {
        var request = HTTPRequest(
            "PUT", upload.uploadUrl,
            headers: [
                HTTPHeader("x-ms-blob-type", "BlockBlob"), HTTPHeader("x-ms-version", "2026-04-06"),
                HTTPHeader("Content-Type", "application/octet-stream"),
            ],
            body: .stream(length: length, produce: produce))
        // Reading a large tree of which little is packed can take a while between two bytes.
        request.idleTimeout = .seconds(600)
        do {
            let (response, bytes) = try await http.fetch(request)
            guard (200...201).contains(response.status) else {
                let text = String(decoding: bytes, as: UTF8.self)
                throw ResourceError.uploadRefused(
                    status: response.status, code: xmlValue("Code", in: text) ?? "Status\(response.status)",
                    message: xmlValue("Message", in: text) ?? "The server gave no reason.")
            }
        } catch let error as HTTPError {
            throw ResourceError(error, server: server)
        }
    }
}

/// The text of the first `<NAME>` element: errors of blobs are XML of two fields.
private func xmlValue(_ name: String, in text: String) -> String? {
    guard let open = text.firstRange(of: "<\(name)>"), let close = text[open.upperBound...].firstRange(of: "</\(name)>")
    else { return nil }
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
    let value = String(text[open.upperBound..<close.lowerBound])
    return entities.reduce(value) { $0.replacing($1.0, with: $1.1) }.escapedForDisplay
}
