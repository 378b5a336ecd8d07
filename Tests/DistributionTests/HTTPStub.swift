import TestSupport

/// A registry or login service that answers what a test tells it to, for answers a real one doesn't give on cue.
struct HTTPStub: Sendable {
    struct Response: Sendable {
        var status = 200
        var headers: [String: String] = [:]
        var body = ""
        /// Closes the connection without an answer.
        var isReset = false
    }

    private let server: LoopbackServer

    var port: UInt16 { server.port }
    /// `127.0.0.1:PORT`.
    var host: String { "127.0.0.1:\(server.port)" }
    var requests: [LoopbackRequest] { server.requests }

    /// Runs `use` while the stub answers with `answer`.
    @discardableResult
    static func with<Result>(
        _ answer: @escaping @Sendable (LoopbackRequest) -> Response, _ use: (HTTPStub) async throws -> Result
    ) async throws -> Result {
        try await LoopbackServer.with { request, connection in
            let response = answer(request)
            guard !response.isReset else { return connection.hangUp() }
            var headers = response.headers.map { ($0.key, $0.value) }
            if response.headers["Content-Length"] == nil {
                headers.append(("Content-Length", String(response.body.utf8.count)))
            }
            let body = request.method == "HEAD" ? [] : Array(response.body.utf8)
            // On a connection used before, curl itself would repeat a request that is answered by a reset.
            headers.append(("Connection", "close"))
            try connection.write(connection.head(response.status, headers: headers) + body)
            connection.hangUp()
        } use: { server in
            try await use(HTTPStub(server: server))
        }
    }
}
