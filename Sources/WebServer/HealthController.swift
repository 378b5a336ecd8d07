import Hummingbird
import Logging
import Storage

/// Whether the server lives and can work, for those who watch it.
struct HealthController {
    let database: Database
    let identity: ServerIdentity
    /// Versions of the libraries in use, by name.
    let libraries: [String: String]

    func addRoutes(to router: some RouterMethods<ResourceContext>) {
        router.get("healthz") { _, _ in "ok\n" }
        router.get("readyz", use: ready)
        router.get("version", use: version)
    }

    private func ready(_ request: Request, _ context: ResourceContext) async throws -> Response {
        do {
            try await database.check()
        } catch {
            context.logger.error("database does not answer", metadata: ["error": "\(error)"])
            throw ServerError(
                status: .serviceUnavailable, code: "NotReady",
                message: "The database does not answer; the server's log says why.", retryAfter: 5)
        }
        return Response(
            status: .ok, headers: [.contentType: "text/plain"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: "ready\n")))
    }

    private func version(_ request: Request, _ context: ResourceContext) throws -> Response {
        try .json(["version": identity.version].merging(libraries) { own, _ in own })
    }
}
