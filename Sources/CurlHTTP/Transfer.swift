import CCurl
import Glibc
import Synchronization

/// One exchange under way. Owns one easy handle, which only the ``CurlLoop``'s thread uses once it has been added.
final class Transfer: Sendable {
    private enum Head {
        case pending
        case awaited(CheckedContinuation<HTTPResponse, any Error>)
        case arrived(Result<HTTPResponse, any Error>)
        case taken
    }

    private struct Lines {
        var status = 0
        var headers: [HTTPHeader] = []
    }

    nonisolated(unsafe) let easy: UnsafeMutableRawPointer
    // Written by callbacks on the loop's thread alone.
    private nonisolated(unsafe) let errorText: UnsafeMutablePointer<CChar>
    private nonisolated(unsafe) var headerList: UnsafeMutablePointer<curl_slist>?
    private nonisolated(unsafe) var lines = Lines()
    private nonisolated(unsafe) var isBlocked = false
    /// A body that is no stream, and how much of it was sent: it is sent again where a connection that was kept turns out to be gone.
    private nonisolated(unsafe) var content: [UInt8]?
    private nonisolated(unsafe) var contentSent = 0
    /// Used by the loop's thread alone.
    nonisolated(unsafe) var isCancelled = false

    private let url: String
    private let origin: String
    private let policy: AddressPolicy?
    private let head = Mutex(Head.pending)
    private let loop: CurlLoop
    let upload: BytePipe
    let body = BytePipe()

    init(_ request: HTTPRequest, configuration: HTTPClient.Configuration, loop: CurlLoop) throws(HTTPError) {
        guard let easy = curl_easy_init() else { throw .invalidRequest("out of memory") }
        self.easy = easy
        self.loop = loop
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        upload = BytePipe()
        url = request.url
        let origin = HTTPOrigin(url: request.url)
        self.origin = request.unixSocket ?? origin?.description ?? request.url
        let proxy = request.unixSocket == nil ? origin.flatMap(configuration.proxy.url(for:)) : nil
        // Behind a proxy it is the proxy's address that is connected to, and the proxy's business where it goes from there.
        policy = request.unixSocket == nil && proxy == nil ? configuration.addressPolicy : nil
        try configure(request, configuration: configuration, proxy: proxy)
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headerList)
        errorText.deallocate()
    }

    // MARK: Setting up

    private func configure(_ request: HTTPRequest, configuration: HTTPClient.Configuration, proxy: String?)
        throws(HTTPError)
    {
        guard !request.url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f }), HTTPOrigin(url: request.url) != nil
        else {
            throw .invalidRequest("its URL is no absolute http or https URL")
        }
        guard !request.method.isEmpty, request.method.utf8.allSatisfy({ (0x41...0x5a).contains($0) }) else {
            throw .invalidRequest("its method is no upper-case word")
        }
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_URL, request.url)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        set(CURLOPT_BUFFERSIZE, 64 * 1024)
        set(CURLOPT_UPLOAD_BUFFERSIZE, 64 * 1024)
        set(CURLOPT_CONNECTTIMEOUT_MS, request.connectTimeout.milliseconds)
        set(CURLOPT_PROXY, proxy ?? "")
        set(CURLOPT_USERAGENT, configuration.userAgent)
        if let socket = request.unixSocket { set(CURLOPT_UNIX_SOCKET_PATH, socket) }
        if let timeout = request.timeout { set(CURLOPT_TIMEOUT_MS, timeout.milliseconds) }
        if let idle = request.idleTimeout {
            set(CURLOPT_LOW_SPEED_LIMIT, 1)
            set(CURLOPT_LOW_SPEED_TIME, max(1, idle.milliseconds / 1000))
        }
        if let bundle = configuration.trustedCertificates {
            bundle.withUnsafeBytes { _ = ccurl_set_blob(easy, CURLOPT_CAINFO_BLOB, $0.baseAddress, $0.count) }
        }
        try configureBody(request)
        try configureHeaders(request)
        configureCallbacks()
    }

    private func configureBody(_ request: HTTPRequest) throws(HTTPError) {
        let length: Int64?
        switch request.body {
        case .none:
            if request.method == "HEAD" {
                set(CURLOPT_NOBODY, 1)
            } else if request.method == "POST" || request.method == "PUT" {
                set(CURLOPT_POST, 1)
                _ = ccurl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, 0)
                _ = ccurl_set_string(easy, CURLOPT_COPYPOSTFIELDS, "")
            }
            set(CURLOPT_CUSTOMREQUEST, request.method)
            return
        case .bytes(let bytes):
            length = Int64(bytes.count)
            content = bytes
        case .stream(let known, _):
            length = known
        }
        set(CURLOPT_UPLOAD, 1)
        set(CURLOPT_CUSTOMREQUEST, request.method)
        if let length { _ = ccurl_set_offset(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(length)) }
    }

    private func configureHeaders(_ request: HTTPRequest) throws(HTTPError) {
        var names: Set<String> = []
        for header in request.headers {
            let bytes = Array(header.name.utf8) + Array(header.value.utf8)
            guard !header.name.isEmpty, !bytes.contains(where: { $0 == 0 || $0 == 0x0a || $0 == 0x0d }) else {
                throw .invalidRequest("its header \(header.name.debugDescription) holds a line end")
            }
            names.insert(header.name.lowercased())
            // "Name;" is curl's spelling of an empty value.
            headerList = curl_slist_append(
                headerList, header.value.isEmpty ? header.name + ";" : header.name + ": " + header.value)
        }
        // curl would add these by itself; the first makes servers that ignore it cost a second.
        for silent in ["Expect", "Content-Type"] where !names.contains(silent.lowercased()) {
            headerList = curl_slist_append(headerList, silent + ":")
        }
        _ = ccurl_set_list(easy, CURLOPT_HTTPHEADER, headerList)
    }

    private func configureCallbacks() {
        let box = Unmanaged.passUnretained(self).toOpaque()  // the loop keeps the transfer while curl can call back
        _ = ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        _ = ccurl_set_data_callback(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, box in
            Transfer.from(box).receivedHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
            return size * count
        }
        _ = ccurl_set_pointer(easy, CURLOPT_HEADERDATA, box)
        _ = ccurl_set_data_callback(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, box in
            Transfer.from(box).received(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        _ = ccurl_set_pointer(easy, CURLOPT_WRITEDATA, box)
        _ = ccurl_set_data_callback(easy, CURLOPT_READFUNCTION) { bytes, size, count, box in
            Transfer.from(box).fill(UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
        }
        _ = ccurl_set_pointer(easy, CURLOPT_READDATA, box)
        _ = ccurl_set_seek_callback(
            easy, { box, offset, origin in Transfer.from(box).seek(to: Int(offset), from: origin) }, box)
        guard policy != nil else { return }
        _ = ccurl_set_socket_callback(
            easy,
            { box, _, address in
                guard let address else { return CURL_SOCKET_BAD }
                return Transfer.from(box).openSocket(address)
            }, box)
    }

    private static func from(_ box: UnsafeMutableRawPointer?) -> Transfer {
        guard let box else { preconditionFailure("libcurl called back without its transfer") }
        return Unmanaged<Transfer>.fromOpaque(box).takeUnretainedValue()
    }

    private func set(_ option: CURLoption, _ value: Int) { _ = ccurl_set_long(easy, option, value) }
    private func set(_ option: CURLoption, _ value: String) { _ = ccurl_set_string(easy, option, value) }

    // MARK: Callbacks, on the loop's thread

    private func receivedHeader(_ bytes: UnsafeRawBufferPointer) {
        var line = Substring(String(decoding: bytes, as: UTF8.self))
        while let last = line.last, last.isNewline { line.removeLast() }
        if line.hasPrefix("HTTP/") {
            let parts = line.split(separator: " ", maxSplits: 2)
            lines = Lines(status: parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
        } else if line.isEmpty {
            if lines.status >= 200 {
                arrive(.success(HTTPResponse(status: lines.status, url: url, headers: lines.headers, body: body)))
            }
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            lines.headers.append(HTTPHeader(String(line[..<colon]), String(value)))
        }
    }

    private func received(_ bytes: UnsafeRawBufferPointer) -> Int {
        do {
            if try body.tryWrite(Array(bytes)) { return bytes.count }
            body.whenWritable(bytes.count) { [weak self] in self.map { $0.loop.resume($0) } }
            return Int(CURL_WRITEFUNC_PAUSE)
        } catch {
            return 0  // nobody reads any more: curl ends the transfer
        }
    }

    private func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        if let content {
            let piece = content[contentSent..<min(contentSent + buffer.count, content.count)]
            buffer.copyBytes(from: piece)
            contentSent += piece.count
            return piece.count
        }
        switch upload.take(into: buffer) {
        case .bytes(let count): return count
        case .end: return 0
        case .failed: return Int(CURL_READFUNC_ABORT)
        case .nothingYet:
            upload.whenReadable { [weak self] in self.map { $0.loop.resume($0) } }
            return Int(CURL_READFUNC_PAUSE)
        }
    }

    /// Streams can't be read twice.
    private func seek(to offset: Int, from origin: CInt) -> CInt {
        guard let content, origin == SEEK_SET, (0...content.count).contains(offset) else {
            return CURL_SEEKFUNC_CANTSEEK
        }
        contentSent = offset
        return CURL_SEEKFUNC_OK
    }

    private func openSocket(_ target: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = Int(ccurl_address(target, &bytes))
        guard count > 0, policy?.allows(origin: origin, address: IPAddress(bytes: Array(bytes[..<count]))) != false
        else {
            isBlocked = true
            return CURL_SOCKET_BAD
        }
        return socket(
            target.pointee.family, target.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue), target.pointee.`protocol`)
    }

    // MARK: The end

    func complete(_ code: CURLcode) {
        if code == CURLE_OK {
            body.finish()
            arrive(.failure(HTTPError.broken(origin: origin, reason: "it ended without an answer")))
        } else {
            let failure = error(for: code)
            body.fail(failure)
            arrive(.failure(failure))
        }
        upload.abandon()
    }

    func cancelled() {
        body.fail(CancellationError())
        arrive(.failure(CancellationError()))
        upload.abandon()
    }

    private func error(for code: CURLcode) -> HTTPError {
        if isBlocked { return .addressBlocked(origin: origin) }
        let text = String(cString: errorText)
        let reason = text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
        return switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_PROXY:
            .cannotConnect(origin: origin, reason: reason)
        case CURLE_OPERATION_TIMEDOUT: .timedOut(origin: origin, reason: reason)
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
            .tls(origin: origin, reason: reason)
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .invalidRequest(reason)
        default: .broken(origin: origin, reason: reason)
        }
    }

    // MARK: Waiting for the head

    private func arrive(_ result: Result<HTTPResponse, any Error>) {
        let waiting: CheckedContinuation<HTTPResponse, any Error>? = head.withLock { head in
            switch head {
            case .pending:
                head = .arrived(result)
                return nil
            case .awaited(let continuation):
                head = .taken
                return continuation
            case .arrived, .taken:
                return nil
            }
        }
        waiting?.resume(with: result)
    }

    func response() async throws -> HTTPResponse {
        try await withCheckedThrowingContinuation { continuation in
            let ready: Result<HTTPResponse, any Error>? = head.withLock { head in
                if case .arrived(let result) = head {
                    head = .taken
                    return result
                }
                head = .awaited(continuation)
                return nil
            }
            if let ready { continuation.resume(with: ready) }
        }
    }
}

extension Duration {
    /// Whole milliseconds, at least 1 for anything above zero.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        return max(self > .zero ? 1 : 0, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}
