import CurlHTTP
import Foundation
import TaskModel

/// A repository's address on an HTTP server, and the requests to it.
final class GitHTTPEndpoint {
    /// Some servers take only clients that name themselves git.
    static let agent = "git/2.0-slipway"

    private let session: GitSession
    /// The repository's URL, the one that redirects led to once there were any.
    private var base: String
    private var credential: Credential?

    /// - Throws: ``ContextError/sourceRefused(_:reason:)``: only https, and http from origins that are allowed by name.
    init(_ session: GitSession) throws(ContextError) {
        self.session = session
        let remote = session.remote
        guard let url = SourceURL(remote), let origin = HTTPOrigin(url: remote) else {
            throw .sourceRefused(
                SourceURL.redact(remote),
                reason:
                    "repositories are fetched over https or ssh, not over what is neither encrypted nor authenticated")
        }
        guard url.scheme == "https" || session.access.allows(plainOrigin: origin) else {
            throw .sourceRefused(
                remote, reason: "plain http is not encrypted. If it should be used, add \(origin) to sources.allow")
        }
        base = remote
        while base.hasSuffix("/") { base.removeLast() }
        credential = session.access.credential(for: session.reference, host: url.host, port: url.port)
    }

    /// `GET …/info/refs`
    func advertisement() throws -> GitPacketReader {
        var request = HTTPRequest("GET", base + "/info/refs?service=git-upload-pack", headers: headers)
        request.idleTimeout = .seconds(120)
        request.maxRedirects = 5
        return try send(request, isList: true)
    }

    /// `POST …/git-upload-pack`
    func send(_ body: [UInt8]) throws -> GitPacketReader {
        var request = HTTPRequest("POST", base + "/git-upload-pack", headers: headers, body: .bytes(body))
        request.headers.append(HTTPHeader("Content-Type", "application/x-git-upload-pack-request"))
        request.headers.append(HTTPHeader("Accept", "application/x-git-upload-pack-result"))
        request.idleTimeout = .seconds(120)
        return try send(request, isList: false)
    }

    private func send(_ request: HTTPRequest, isList: Bool) throws -> GitPacketReader {
        let exchange = OwnedExchange(BlockingExchange(request, client: session.access.client, bridge: session.bridge))
        try accept(try exchange.value.response(), isList: isList)
        return GitPacketReader { [session] in
            let chunk = try exchange.value.read()
            try session.count(received: chunk?.count ?? 0)
            return chunk
        }
    }

    /// Breaks the exchange off when nobody reads it any more.
    private final class OwnedExchange {
        let value: BlockingExchange

        init(_ value: BlockingExchange) {
            self.value = value
        }

        deinit {
            value.close()
        }
    }

    private var headers: [HTTPHeader] {
        var headers = [HTTPHeader("User-Agent", Self.agent), HTTPHeader("Git-Protocol", "version=2")]
        if let credential {
            headers.append(.basicLogin(credential.username, password: credential.password.value))
        }
        return headers
    }

    /// Checks the head of an answer and follows where it came from.
    private func accept(_ head: BlockingExchange.Head, isList: Bool) throws {
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
