import CurlHTTP

extension DockerClient {
    /// Follows all that a container will write, as it comes, to its last byte: `POST /containers/{id}/attach`.
    ///
    /// - Parameters:
    ///   - container: made and not started, so that nothing is missed.
    ///   - whenAttached: called once; starts it. What it throws ends the call.
    ///   - output: may be slow, which in time slows the container down. What it throws ends the call.
    /// - Throws: ``DockerError/lost(action:reason:)`` when the connection breaks or the daemon stops answering.
    public func follow(
        _ container: String, whenAttached: @escaping @Sendable () async throws -> Void,
        output: @escaping @Sendable (ContainerOutput) async throws -> Void
    ) async throws {
        var call = EngineCall(
            "follow the output of the container \(container)", "POST", Self.containerPath(container) + "/attach")
        call.query = [("stream", "1"), ("stdout", "1"), ("stderr", "1")]
        try await read(call, whenConnected: whenAttached, output: output)
    }

    /// Reads what a container has written so far: `GET /containers/{id}/logs`.
    ///
    /// Its text comes in whole lines: one without a line end at the container's end has got one.
    ///
    /// - Parameter isFollowed: goes on until the container ends.
    public func logs(
        of container: String, isFollowed: Bool = false,
        output: @escaping @Sendable (ContainerOutput) async throws -> Void
    ) async throws {
        var call = EngineCall(
            "read the output of the container \(container)", "GET", Self.containerPath(container) + "/logs")
        call.query = [("follow", isFollowed ? "1" : "0"), ("stdout", "1"), ("stderr", "1")]
        try await read(call, whenConnected: {}, output: output)
    }

    private func read(
        _ call: EngineCall, whenConnected: @escaping @Sendable () async throws -> Void,
        output: @escaping @Sendable (ContainerOutput) async throws -> Void
    ) async throws {
        var call = call
        call.timeout = nil
        try await watching(call.action) { [call] in
            try await self.send(call) { response in
                try await whenConnected()
                var frames = OutputFrames()
                while let bytes = try await response.body.read() {
                    guard let pieces = frames.add(bytes) else {
                        throw DockerError.unexpected(action: call.action, reason: "it is not in frames")
                    }
                    for piece in pieces { try await output(piece) }
                }
                guard frames.isAtBoundary else {
                    throw DockerError.lost(action: call.action, reason: "its answer ended inside a frame")
                }
            }
        }
    }
}
