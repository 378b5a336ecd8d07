/// One request: where to, what to say, and how long to wait.
public struct HTTPRequest: Sendable {
    public var method: String
    /// Absolute, without user info. With ``unixSocket`` the host is only for the `Host` header.
    public var url: String
    public var headers: [HTTPHeader]
    public var body: HTTPBody
    /// The path of a socket to connect to in place of the URL's host.
    public var unixSocket: String?
    public var connectTimeout: Duration = .seconds(15)
    /// The longest time without a byte in either direction; nil for none.
    public var idleTimeout: Duration? = .seconds(60)
    /// The longest time for the whole exchange, its body included; nil for none.
    public var timeout: Duration?
    /// How many redirects a GET or HEAD follows; more are ``HTTPError/redirectRefused(from:to:reason:)``. Nil hands redirects to the caller.
    /// `Authorization` is dropped when scheme, host or port change; https never becomes http.
    public var maxRedirects: Int?
    /// Asked before a redirect to another origin is followed; what it throws ends the exchange.
    public var onRedirect: (@Sendable (HTTPOrigin) throws -> Void)?

    public init(
        _ method: String, _ url: String, headers: [HTTPHeader] = [], body: HTTPBody = .none, unixSocket: String? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.unixSocket = unixSocket
    }
}

/// One header line. Name and value must not hold CR, LF or NUL; a request with such a header is refused.
public struct HTTPHeader: Sendable, Hashable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

extension [HTTPHeader] {
    /// The first value of that name, compared without case.
    public subscript(_ name: String) -> String? {
        first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// The body of a request.
public enum HTTPBody: Sendable {
    case none
    case bytes([UInt8])
    /// Written into the pipe by `produce` while the request is under way; the client ends the pipe when `produce` returns, and breaks the
    /// request off when it throws. Without a length the body is sent chunked.
    case stream(length: Int64?, produce: @Sendable (BytePipe) async throws -> Void)
}

/// The head of an answer, and its body still to be read.
public struct HTTPResponse: Sendable {
    public let status: Int
    /// Whose answer this is: the request's own URL, or the one that redirects led to.
    public let url: String
    public let headers: [HTTPHeader]
    /// Ends with an ``HTTPError`` if the connection broke. Reading slowly slows the sender down.
    public let body: BytePipe

    /// Reads the whole body.
    ///
    /// - Throws: ``HTTPError/tooLarge(limit:)`` if it has more than `limit` bytes.
    public func bytes(limit: Int) async throws -> [UInt8] {
        var result: [UInt8] = []
        while let chunk = try await body.read() {
            result += chunk
            guard result.count <= limit else { throw HTTPError.tooLarge(limit: limit) }
        }
        return result
    }
}
