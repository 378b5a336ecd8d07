import CurlHTTP
public import TaskModel

extension DockerClient {
    /// Pushes one tag of the daemon's to the registry in its name: `POST /images/{name}/push`.
    ///
    /// - Parameters:
    ///   - image: with a tag.
    ///   - output: gets lines, as they come. What it throws breaks the push off.
    /// - Returns: the digest of the manifest that the registry has now.
    /// - Throws: ``DockerError/push(image:_:)`` when the registry refuses or fails, other ``DockerError``s when the
    ///   daemon does; `CancellationError` when the task is canceled, after which the daemon sends nothing more.
    public func push(
        _ image: ImageReference, credential: Credential?, output: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws -> String {
        let name = image.registry + "/" + image.repository
        var call = EngineCall("push \(image)", "POST", Self.imagePath(name) + "/push")
        call.query = [("tag", image.tag ?? "latest")]
        call.headers = [HTTPHeader("X-Registry-Auth", try RegistryLogin.header(credential, registry: image.registry))]
        var digest: String?
        for message in try await transfer(call, output: output, failure: { .push(image: image.description, $0) }) {
            if case .pushed(_, let pushed, _) = message { digest = pushed }
        }
        guard let digest else {
            throw DockerError.lost(action: call.action, reason: "its answer ended without a digest")
        }
        return digest
    }

    /// Pulls an image: `POST /images/create`.
    ///
    /// - Parameter platform: nil is the daemon's own.
    /// - Throws: ``DockerError/pull(image:_:)`` when the registry refuses or fails, other ``DockerError``s when the
    ///   daemon does.
    public func pull(
        _ image: ImageReference, credential: Credential?, platform: Platform? = nil,
        output: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        var call = EngineCall("pull \(image)", "POST", "/images/create")
        call.query = [("fromImage", image.registry + "/" + image.repository), ("tag", image.reference)]
        if let platform { call.query.append(("platform", platform.description)) }
        call.headers = [HTTPHeader("X-Registry-Auth", try RegistryLogin.header(credential, registry: image.registry))]
        _ = try await transfer(call, output: output, failure: { .pull(image: image.description, $0) })
    }

    /// Follows a push or a pull to its end.
    private func transfer(
        _ call: EngineCall, output: @escaping @Sendable ([UInt8]) async throws -> Void,
        failure: @escaping @Sendable (RegistryFailure) -> DockerError
    ) async throws -> [EngineMessage.Aux] {
        var call = call
        call.timeout = nil
        do {
            return try await watching(call.action) { [call] in
                try await self.send(call) { response in
                    var messages = EngineMessages(response.body, action: call.action)
                    var lines = TransferLines()
                    var results: [EngineMessage.Aux] = []
                    while let message = try await messages.next() {
                        if let line = lines.line(for: message) { try await output(Array(line.utf8)) }
                        if let aux = message.aux { results.append(aux) }
                        if let reason = message.failure { throw failure(RegistryFailure(reading: reason)) }
                    }
                    return results
                }
            }
        } catch DockerError.refused(let action, let status, let message) where status >= 500 || status == 404 {
            // A pull's refusal by the registry comes as a status; so does an image that the daemon itself does not
            // have to push.
            let read = RegistryFailure(reading: message)
            if case .other = read { throw DockerError.refused(action: action, status: status, message: message) }
            throw failure(read)
        }
    }
}
