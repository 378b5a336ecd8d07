import CCurl

/// An HTTP/1.1 client on libcurl: TCP, TLS and unix sockets, bodies streamed both ways with back-pressure.
public final class HTTPClient: Sendable {
    /// What all requests of a client share.
    public struct Configuration: Sendable {
        public var userAgent = "slipway"
        /// PEM, in place of the system's; nil for the system's.
        public var trustedCertificates: [UInt8]?
        /// Nil allows every address.
        public var addressPolicy: AddressPolicy?
        public var proxy = ProxySettings()

        public init() {}
    }

    public let configuration: Configuration
    private let loop = CurlLoop()

    public init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
    }

    deinit {
        loop.stop()
    }

    /// Sends a request and lets `use` read the answer. The connection is free again, or closed, when this returns.
    ///
    /// - Throws: ``HTTPError``; what the body's `produce` or `use` threw; `CancellationError` when the task is canceled, which breaks the
    ///   exchange off at once.
    public func send<Result>(_ request: HTTPRequest, _ use: (HTTPResponse) async throws -> Result) async throws
        -> Result
    {
        var request = request
        while true {
            let next: Either<HTTPRequest, Result> = try await exchange(request) { response in
                if let redirected = try redirect(of: request, answered: response) { return .first(redirected) }
                return .second(try await use(response))
            }
            switch next {
            case .first(let redirected): request = redirected
            case .second(let result): return result
            }
        }
    }

    /// Sends a request and reads the whole answer.
    ///
    /// - Parameter limit: the most bytes taken; more is ``HTTPError/tooLarge(limit:)``.
    public func fetch(_ request: HTTPRequest, limit: Int = 4 << 20) async throws -> (
        response: HTTPResponse, bytes: [UInt8]
    ) {
        try await send(request) { response in (response, try await response.bytes(limit: limit)) }
    }

    /// Sends a request whose body is not a stream, and hands the answer over, to be read when the caller likes.
    ///
    /// - Throws: as ``send(_:_:)``.
    public func open(_ request: HTTPRequest) async throws -> OpenResponse {
        var request = request
        while true {
            if case .stream = request.body { throw HTTPError.invalidRequest("its body is a stream: use send") }
            let transfer = try Transfer(request, configuration: configuration, loop: loop)
            let opened = try await withTaskCancellationHandler {
                try Task.checkCancellation()
                loop.add(transfer)
                do {
                    return OpenResponse(try await transfer.response()) { [self] in finish(transfer) }
                } catch {
                    finish(transfer)
                    throw error
                }
            } onCancel: {
                loop.cancel(transfer)
            }
            guard let redirected = try redirect(of: request, answered: opened.response) else { return opened }
            request = redirected
        }
    }

    private enum Either<First, Second> {
        case first(First)
        case second(Second)
    }

    private func exchange<Result>(_ request: HTTPRequest, _ use: (HTTPResponse) async throws -> Result) async throws
        -> Result
    {
        let transfer = try Transfer(request, configuration: configuration, loop: loop)
        return try await withTaskCancellationHandler {
            try Task.checkCancellation()
            guard case .stream(_, let produce) = request.body else {
                loop.add(transfer)
                defer { finish(transfer) }
                return try await use(try await transfer.response())
            }
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    do {
                        try await produce(transfer.upload)
                        transfer.upload.finish()
                    } catch {
                        transfer.upload.fail(error)
                        if error as? BytePipeError != .abandoned { throw error }
                    }
                }
                loop.add(transfer)
                do {
                    let result = try await use(try await transfer.response())
                    finish(transfer)
                    group.cancelAll()
                    return result
                } catch {
                    // If producing the body failed, that is the cause. It is asked for first: once canceled, `produce` may throw anything.
                    let cause = transfer.upload.failure
                    finish(transfer)
                    group.cancelAll()
                    if let cause, !(cause is CancellationError), cause as? BytePipeError != .abandoned { throw cause }
                    do { try await group.waitForAll() } catch let cause where !(cause is CancellationError) {
                        throw cause
                    } catch {}
                    throw error
                }
            }
        } onCancel: {
            loop.cancel(transfer)
        }
    }

    private func finish(_ transfer: Transfer) {
        loop.cancel(transfer)
        transfer.body.abandon()
        transfer.upload.abandon()
    }

    /// The request that follows a redirect; nil if the answer is none that is followed.
    private func redirect(of request: HTTPRequest, answered response: HTTPResponse) throws -> HTTPRequest? {
        guard let redirects = request.maxRedirects, [301, 302, 303, 307, 308].contains(response.status),
            request.method == "GET" || request.method == "HEAD",
            let location = response.headers["Location"]
        else { return nil }
        let target = resolve(location, against: request.url)
        guard let from = HTTPOrigin(url: request.url) else { return nil }
        guard let target, let to = HTTPOrigin(url: target) else {
            // What follows the scheme may be a secret.
            let shown = String(location.prefix { $0 != ":" && $0 != "/" && $0 != "?" }.prefix(20)) + "…"
            throw HTTPError.redirectRefused(
                from: from.description, to: shown, reason: "that is no http or https URL")
        }
        guard from.scheme == "http" || to.scheme == "https" else {
            throw HTTPError.redirectRefused(
                from: from.description, to: to.description, reason: "https never becomes http")
        }
        guard redirects > 0 else {
            throw HTTPError.redirectRefused(
                from: from.description, to: to.description, reason: "there were too many before it")
        }
        if from != to { try request.onRedirect?(to) }
        var next = request
        next.url = target
        next.maxRedirects = redirects - 1
        if from != to { next.headers.removeAll { $0.name.lowercased() == "authorization" } }
        return next
    }
}

/// Makes an absolute URL of a reference, by libcurl's URL parser (RFC 3986, section 5). Nil if it is none.
func resolve(_ reference: String, against base: String) -> String? {
    guard let parser = curl_url() else { return nil }
    defer { curl_url_cleanup(parser) }
    guard curl_url_set(parser, CURLUPART_URL, base, 0) == CURLUE_OK,
        curl_url_set(parser, CURLUPART_URL, reference, 0) == CURLUE_OK
    else { return nil }
    curl_url_set(parser, CURLUPART_FRAGMENT, nil, 0)
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(parser, CURLUPART_URL, &text, 0) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
}
