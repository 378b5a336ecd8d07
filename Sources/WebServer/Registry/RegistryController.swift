import CurlHTTP
import HTTPTypes
import Hummingbird
import NIOCore
import RegistryGateway
import TaskModel

/// `/v2/`: the distribution API. What callers may do is passed on to the registry behind.
struct RegistryController {
    let desk: RegistryDesk
    let logins: RegistryLogins
    let proxy: RegistryProxy

    func addRoutes(to router: some RouterMethods<ResourceContext>) {
        for method in [HTTPRequest.Method.get, .head, .put, .patch, .post, .delete] {
            router.on("v2", method: method, use: answer)
            router.on("v2/**", method: method, use: answer)
        }
    }

    private func answer(_ request: Request, _ context: ResourceContext) async throws -> Response {
        try await desk.answer(request) { registry in
            let method = request.method.rawValue
            guard let path = RegistryPath(request.uri.path) else { throw RegistryFailure.unknownPath }
            guard path.allows(method) else {
                throw RegistryFailure(405, "UNSUPPORTED", "\(method) means nothing at this path of a registry.")
            }
            let caller = try await logins.require(path.access(for: method), of: request, context, at: registry)
            if path == .base { return try .json([String: String]()) }
            let call = RegistryCall(
                method, path, query: request.uri.query,
                headers: request.headers.map { HTTPHeader($0.name.rawName, $0.value) }, body: try body(of: request),
                mount: mount(request, path, by: caller))
            return Response(
                try await proxy.forward(call, to: registry), toHead: method == "HEAD", on: context.eventLoop)
        }
    }

    /// Taking a blob over from another repository reads it. Who may not gets an upload like any other.
    private func mount(_ request: Request, _ path: RegistryPath, by caller: RegistryCaller) -> BlobMount? {
        guard case .uploads = path else { return nil }
        let query = RegistryForm(request.uri.query ?? "")
        guard let digest = query["mount"], let source = query["from"],
            caller.may(RegistryAccess(repository: source, "pull"))
        else { return nil }
        return BlobMount(digest: digest, source: source)
    }

    private func body(of request: Request) throws -> HTTPBody {
        guard ["PUT", "PATCH", "POST"].contains(request.method.rawValue) else { return .none }
        let length = request.headers[.contentLength].map { Int64($0) ?? -1 }
        if length == 0 { return request.method == .patch ? .bytes([]) : .none }
        if let length, length < 0 {
            throw RegistryFailure(400, "SIZE_INVALID", "Content-Length is no number of bytes.")
        }
        let body = request.body
        return .stream(length: length) { pipe in
            for try await buffer in body { try await pipe.write(Array(buffer.readableBytesView)) }
        }
    }
}

extension Response {
    /// How many bytes may wait for the connection's event loop.
    private static let mostWaiting = 1 << 20

    /// Passes an answer on, its body as it comes.
    ///
    /// A writer waits for the connection, but not for the event loop in front of it, which encrypts: it is caught up with
    /// now and then, or what it has not come to would pile up.
    fileprivate init(_ answer: RegistryAnswer, toHead: Bool, on eventLoop: any EventLoop) {
        var headers = HTTPFields()
        for header in answer.headers {
            guard let name = HTTPField.Name(header.name) else { continue }
            // The body says its own length; after HEAD there is none.
            if name == .contentLength, !toHead { continue }
            headers.append(HTTPField(name: name, value: header.value))
        }
        let body =
            switch answer.body {
            case .none: ResponseBody()
            case .bytes(let bytes): ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
            case .stream(let opened, let length):
                ResponseBody(contentLength: length) { writer in
                    var waiting = 0
                    while let chunk = try await opened.response.body.read() {
                        try await writer.write(ByteBuffer(bytes: chunk))
                        waiting += chunk.count
                        guard waiting >= Self.mostWaiting else { continue }
                        try await eventLoop.submit {}.get()
                        waiting = 0
                    }
                    try await writer.finish(nil)
                }
            }
        self.init(status: HTTPResponse.Status(code: answer.status), headers: headers, body: body)
    }
}
