public import CurlHTTP

extension DockerClient {
    /// Unpacks a tar archive in a folder of a container, which need not run: `PUT /containers/{id}/archive`. Volumes
    /// of the container are written to as well.
    ///
    /// - Parameters:
    ///   - folder: absolute; must be there.
    ///   - produce: writes the archive, plain or compressed with gzip, bzip2 or xz.
    /// - Throws: what `produce` throws; ``DockerError``s.
    public func unpack(
        into container: String, at folder: String, _ produce: @escaping @Sendable (BytePipe) async throws -> Void
    ) async throws {
        var call = EngineCall(
            "unpack an archive in the container \(container)", "PUT", Self.containerPath(container) + "/archive")
        call.query = [("path", folder)]
        call.headers = [HTTPHeader("Content-Type", "application/x-tar")]
        call.body = .stream(length: nil, produce: produce)
        call.timeout = nil
        _ = try await watching(call.action) { [call] in try await self.fetch(call) }
    }

    /// Packs a file or a folder of a container, which need not run: `GET /containers/{id}/archive`.
    ///
    /// - Parameters:
    ///   - path: absolute. A folder whose path ends in `/.` is packed without its own name in front.
    ///   - use: reads the tar archive.
    /// - Throws: ``DockerError/refused(action:status:message:)`` with 404 if the path is not there.
    public func pack<Result: Sendable>(
        _ path: String, of container: String, _ use: @escaping @Sendable (BytePipe) async throws -> Result
    ) async throws -> Result {
        var call = EngineCall(
            "pack \(path) of the container \(container)", "GET", Self.containerPath(container) + "/archive")
        call.query = [("path", path)]
        call.timeout = nil
        return try await watching(call.action) { [call] in
            try await self.send(call) { response in try await use(response.body) }
        }
    }
}
