public import CurlHTTP

extension DockerClient {
    /// Packs an image with all its layers, as `docker save` does: `GET /images/get`.
    ///
    /// - Parameters:
    ///   - names: names of one image, which the archive then holds, or its id, which it doesn't.
    ///   - use: reads the tar archive.
    /// - Throws: ``DockerError``s, what `use` throws.
    public func exportImage<Result: Sendable>(
        _ names: [String], _ use: @escaping @Sendable (BytePipe) async throws -> Result
    ) async throws -> Result {
        var call = EngineCall("export the image \(names.first ?? "")", "GET", "/images/get")
        call.query = names.map { ("names", $0) }
        call.timeout = nil
        return try await watching(call.action) { [call] in
            try await self.send(call) { response in try await use(response.body) }
        }
    }
}
