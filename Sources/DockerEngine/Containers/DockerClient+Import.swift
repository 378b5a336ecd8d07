import CurlHTTP

extension DockerClient {
    /// Makes an image with one layer of a tar archive: `POST /images/create?fromSrc=-`.
    ///
    /// - Parameter repository: with the registry if it has one, without a tag.
    public func importImage(
        _ archive: [UInt8], repository: String, tag: String, labels: [String: String] = [:]
    ) async throws {
        var call = EngineCall("import the image \(repository):\(tag)", "POST", "/images/create")
        call.query = [("fromSrc", "-"), ("repo", repository), ("tag", tag)]
        call.query += labels.sorted { $0.key < $1.key }.map { ("changes", "LABEL \($0.key)=\($0.value)") }
        call.headers = [HTTPHeader("Content-Type", "application/x-tar")]
        call.body = .bytes(archive)
        try await send(call) { response in
            var messages = EngineMessages(response.body, action: call.action)
            while let message = try await messages.next() {
                if let reason = message.failure {
                    throw DockerError.refused(action: call.action, status: response.status, message: reason)
                }
            }
        }
    }
}
