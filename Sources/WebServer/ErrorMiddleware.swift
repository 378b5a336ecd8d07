import Hummingbird
import Logging
import ResourceAPI
import Storage

/// Turns what a route throws into the ARM envelope, once.
struct ErrorMiddleware: RouterMiddleware {
    let logger: Logger

    func handle(
        _ request: Request, context: ResourceContext, next: (Request, ResourceContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            let known = ServerError(error)
            if known == nil || known?.status == .internalServerError || StorageError(ofDatabase: error) != nil {
                logger.error("request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            }
            let answer =
                known
                ?? ServerError(
                    status: .internalServerError, code: "InternalError",
                    message: "The server could not carry out the request; its log says why (request \(context.id)).")
            var response = try Response.json(answer.envelope, status: answer.status)
            if let seconds = answer.retryAfter { response.headers[.retryAfter] = "\(seconds)" }
            if !answer.allowed.isEmpty { response.headers[.allow] = answer.allowed.joined(separator: ", ") }
            if answer.status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer" }
            return response
        }
    }
}

extension Response {
    /// An answer with a JSON body.
    ///
    /// - Parameter revealing: whether the secrets in the value are for the caller.
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok, revealing: Bool = false) throws
        -> Response
    {
        Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try WireJSON.encode(value, revealing: revealing))))
    }
}

extension Request {
    /// Reads a JSON body of at most ``WireJSON/maxBytes``.
    func decode<Value: Decodable>(_ type: Value.Type) async throws -> Value {
        let buffer = try await body.collect(upTo: WireJSON.maxBytes)
        return try WireJSON.decode(type, from: Array(buffer.readableBytesView))
    }

    /// `https://host[:port]` as the client reached the server.
    func origin(fallback: String) -> String {
        guard let authority = head.authority, !authority.isEmpty else { return fallback }
        return "https://" + authority
    }
}
