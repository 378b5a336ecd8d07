import CGit2
import CurlHTTP
import Foundation
import TaskModel

/// git's smart protocol over HTTP (gitprotocol-http), carried by our own client.
///
/// `GET …/info/refs?service=git-upload-pack`, then `POST …/git-upload-pack`. Belongs to one remote of libgit2, which frees
/// it.
final class GitHTTPSubtransport {
    fileprivate let session: GitSession
    /// The repository's URL, the one that redirects led to once there were any.
    private var base: String
    private var credential: Credential?

    fileprivate init(_ session: GitSession) {
        self.session = session
        base = session.remote
        while base.hasSuffix("/") { base.removeLast() }
        let url = SourceURL(session.remote)
        credential = session.access.credential(for: session.reference, host: url?.host ?? "", port: url?.port ?? "")
    }

    fileprivate func listRequest() -> HTTPRequest {
        var request = HTTPRequest("GET", base + "/info/refs?service=git-upload-pack", headers: headers)
        request.idleTimeout = .seconds(120)
        request.maxRedirects = 5
        return request
    }

    fileprivate func packRequest(_ body: [UInt8]) -> HTTPRequest {
        var request = HTTPRequest("POST", base + "/git-upload-pack", headers: headers, body: .bytes(body))
        request.headers.append(HTTPHeader("Content-Type", "application/x-git-upload-pack-request"))
        request.headers.append(HTTPHeader("Accept", "application/x-git-upload-pack-result"))
        request.idleTimeout = .seconds(120)
        return request
    }

    private var headers: [HTTPHeader] {
        // Some servers take only clients that name themselves git.
        var headers = [HTTPHeader("User-Agent", "git/2.0 (slipway)")]
        if let credential {
            let text = Data("\(credential.username):\(credential.password.value)".utf8).base64EncodedString()
            headers.append(HTTPHeader("Authorization", "Basic " + text))
        }
        return headers
    }

    /// Checks the head of an answer and follows where it came from.
    fileprivate func accept(_ head: BlockingExchange.Head, isList: Bool) throws {
        let remote = session.remote
        switch head.status {
        case 200: break
        case 401, 403: throw ContextError.accessRefused(remote: remote, hadCredentials: credential != nil)
        case 404, 410: throw ContextError.repositoryNotFound(remote: remote)
        case 300..<400: throw ContextError.unexpectedAnswer(remote: remote, reason: "it redirects where it may not")
        case 429, 500...:
            throw ContextError.connectionFailed(remote: remote, reason: "it answered with status \(head.status)")
        default: throw ContextError.unexpectedAnswer(remote: remote, reason: "it answered with status \(head.status)")
        }
        let wanted = "application/x-git-upload-pack-" + (isList ? "advertisement" : "result")
        guard head.headers["Content-Type"]?.lowercased().hasPrefix(wanted) == true else {
            throw ContextError.unexpectedAnswer(remote: remote, reason: "what it sent is not git's smart protocol")
        }
        guard isList, let end = head.url.range(of: "/info/refs", options: .backwards)?.lowerBound else { return }
        let reached = String(head.url[..<end])
        guard reached != base else { return }
        guard let origin = HTTPOrigin(url: reached) else { return }
        guard origin.scheme == "https" || session.access.allows(plainOrigin: origin) else {
            throw ContextError.sourceRefused(
                origin.description, reason: "plain http is for origins that sources.allow names")
        }
        // The client dropped the credentials on the way; they don't come back for what follows.
        if HTTPOrigin(url: base) != origin { credential = nil }
        base = reached
    }
}

/// One request and its answer, in the shape that libgit2 writes and reads.
private final class GitHTTPStream {
    let subtransport: GitHTTPSubtransport
    private let isList: Bool
    private var request: [UInt8] = []
    private var exchange: BlockingExchange?
    private var chunk: ArraySlice<UInt8> = []

    init(_ subtransport: GitHTTPSubtransport, isList: Bool) {
        self.subtransport = subtransport
        self.isList = isList
    }

    deinit {
        exchange?.close()
    }

    func write(_ bytes: UnsafeRawBufferPointer) {
        request.append(contentsOf: bytes)
    }

    /// - Returns: how many bytes were copied; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let session = subtransport.session
        if exchange == nil { try send() }
        while chunk.isEmpty {
            guard let next = try exchange?.read() else { return 0 }
            try session.count(received: next.count)
            chunk = next[...]
        }
        let count = min(buffer.count, chunk.count)
        buffer.copyBytes(from: chunk.prefix(count))
        chunk = chunk.dropFirst(count)
        return count
    }

    private func send() throws {
        let session = subtransport.session
        let request = isList ? subtransport.listRequest() : subtransport.packRequest(request)
        let exchange = BlockingExchange(request, client: session.access.client, bridge: session.bridge)
        self.exchange = exchange
        try subtransport.accept(try exchange.response(), isList: isList)
    }
}

/// Makes libgit2's view of a ``GitHTTPSubtransport``; `payload` is the ``GitSession``.
func makeHTTPSubtransport(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_smart_subtransport>?>?,
    _ owner: UnsafeMutablePointer<git_transport>?,
    _ payload: UnsafeMutableRawPointer?
) -> CInt {
    guard let out, let payload else { return GIT_EUSER.rawValue }
    let memory = UnsafeMutablePointer<cgit2_subtransport>.allocate(capacity: 1)
    let object = GitHTTPSubtransport(GitSession.from(payload))
    memory.initialize(
        to: cgit2_subtransport(parent: git_smart_subtransport(), owner: Unmanaged.passRetained(object).toOpaque()))
    memory.pointee.parent.action = { out, subtransport, _, action in
        guard let out, let subtransport else { return GIT_EUSER.rawValue }
        return makeStream(out, subtransport, action)
    }
    memory.pointee.parent.close = { _ in 0 }
    memory.pointee.parent.free = { subtransport in
        guard let subtransport else { return }
        let memory = UnsafeMutableRawPointer(subtransport).assumingMemoryBound(to: cgit2_subtransport.self)
        if let owner = memory.pointee.owner { Unmanaged<GitHTTPSubtransport>.fromOpaque(owner).release() }
        memory.deallocate()
    }
    out.pointee = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: git_smart_subtransport.self)
    return 0
}

private func makeStream(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_smart_subtransport_stream>?>,
    _ subtransport: UnsafeMutablePointer<git_smart_subtransport>,
    _ action: git_smart_service_t
) -> CInt {
    let owner = UnsafeMutableRawPointer(subtransport).assumingMemoryBound(to: cgit2_subtransport.self).pointee.owner
    guard let owner, action == GIT_SERVICE_UPLOADPACK_LS || action == GIT_SERVICE_UPLOADPACK else {
        return GIT_EUSER.rawValue
    }
    let object = GitHTTPStream(
        Unmanaged<GitHTTPSubtransport>.fromOpaque(owner).takeUnretainedValue(),
        isList: action == GIT_SERVICE_UPLOADPACK_LS)
    let memory = UnsafeMutablePointer<cgit2_stream>.allocate(capacity: 1)
    memory.initialize(
        to: cgit2_stream(parent: git_smart_subtransport_stream(), owner: Unmanaged.passRetained(object).toOpaque()))
    memory.pointee.parent.subtransport = subtransport
    memory.pointee.parent.read = { stream, buffer, size, count in
        guard let object = streamObject(stream), let count else { return GIT_EUSER.rawValue }
        do {
            count.pointee = try object.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size))
            return 0
        } catch {
            return object.subtransport.session.giveUp(error)
        }
    }
    memory.pointee.parent.write = { stream, bytes, count in
        streamObject(stream)?.write(UnsafeRawBufferPointer(start: bytes, count: count))
        return 0
    }
    memory.pointee.parent.free = { stream in
        guard let stream else { return }
        let memory = UnsafeMutableRawPointer(stream).assumingMemoryBound(to: cgit2_stream.self)
        if let owner = memory.pointee.owner { Unmanaged<GitHTTPStream>.fromOpaque(owner).release() }
        memory.deallocate()
    }
    out.pointee = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: git_smart_subtransport_stream.self)
    return 0
}

private func streamObject(_ stream: UnsafeMutablePointer<git_smart_subtransport_stream>?) -> GitHTTPStream? {
    guard let stream else { return nil }
    let owner = UnsafeMutableRawPointer(stream).assumingMemoryBound(to: cgit2_stream.self).pointee.owner
    return owner.map { Unmanaged<GitHTTPStream>.fromOpaque($0).takeUnretainedValue() }
}
