public import CurlHTTP
import Foundation
import TaskModel

/// Fetches what lies at an http or https URL: an archive, a lone Dockerfile.
///
/// At most five redirects are followed, never from https to http. Plain http is for origins that the client's address
/// policy allows by name; a client without a policy, that of a person's own machine, takes it from loopback alone.
public struct SourceDownload: Sendable {
    private let request: HTTPRequest
    /// The URL for messages.
    private let shown: String
    private let secrets: [String]
    private let client: HTTPClient
    private let limits: ContextLimits

    /// The first line of a refusal is cut here, in characters.
    private static let maxReasonLength = 200

    /// - Parameter url: of a ``ContextLocation/download(_:)``. User info is sent as a Basic login, to that origin alone.
    public init(_ url: String, client: HTTPClient, limits: ContextLimits = ContextLimits()) throws(ContextError) {
        guard let parts = SourceURL(url), let origin = HTTPOrigin(url: url) else {
            throw .invalidURL(SourceURL.redact(url), reason: "it is no http or https URL")
        }
        let allowsPlain = { @Sendable (origin: HTTPOrigin) in
            origin.scheme == "https"
                || client.configuration.addressPolicy.map { $0.allowedOrigins.contains(origin.description) }
                    ?? origin.isLoopback
        }
        guard allowsPlain(origin) else { throw .plainSource(origin) }
        var request = HTTPRequest("GET", parts.plain + (parts.query.map { "?" + $0 } ?? ""))
        if let login = try parts.login() { request.headers = [.basicLogin(login.name, password: login.password)] }
        request.idleTimeout = .seconds(120)
        request.timeout = limits.duration
        request.maxRedirects = 5
        request.onRedirect = { origin in
            guard allowsPlain(origin) else { throw ContextError.plainSource(origin) }
        }
        self.request = request
        self.client = client
        self.limits = limits
        shown = parts.redacted
        secrets = parts.secrets
    }

    // MARK: Contexts and Dockerfiles

    /// Fetches a context. An archive is taken as it is: no ignore file is applied to it.
    ///
    /// - Parameters:
    ///   - dockerfile: a path is one in the archive.
    ///   - directory: where the archive is kept, packed, for as long as the context is in use; made if missing.
    /// - Throws: ``ContextError``, `CancellationError`.
    public func context(dockerfile: DockerfileChoice, directory: String) async throws -> PreparedContext {
        try await BlockingExecutor.shared.run {
            switch try await send({ try await receive($0, into: directory) }) {
            case .archive(let archive):
                return try ArchiveContext.prepare(
                    archive, dockerfile: dockerfile, appliesIgnoreFile: false, identifiesFiles: true, limits: limits)
            case .dockerfile(let bytes):
                if case .path(let path) = dockerfile { throw ContextError.loneDockerfile(shown, asked: path) }
                return PreparedContext(dockerfile: bytes)
            }
        }
    }

    /// Fetches a Dockerfile that is to be built with another context.
    ///
    /// - Throws: ``ContextError``, `CancellationError`.
    public func dockerfile() async throws -> [UInt8] {
        try await send { response in
            var body = Body(response.body, limits)
            let first = try await body.first()
            guard ContextContent(firstBytes: first) == .dockerfile else {
                throw ContextError.noDockerfileButArchive(shown)
            }
            return try await body.dockerfile(after: first)
        }
    }

    private enum Received {
        case archive(ArchiveSource)
        case dockerfile([UInt8])
    }

    private func receive(_ response: HTTPResponse, into directory: String) async throws -> Received {
        var body = Body(response.body, limits)
        let first = try await body.first()
        switch ContextContent(firstBytes: first) {
        case .dockerfile: return .dockerfile(try await body.dockerfile(after: first))
        case .archive:
            let file = try SpoolFile(in: directory)
            try file.append(first)
            while let chunk = try await body.next() { try file.append(chunk) }
            return .archive(ArchiveSource(file))
        }
    }

    // MARK: The exchange

    private func send<Result>(_ use: (HTTPResponse) async throws -> Result) async throws -> Result {
        do {
            return try await client.send(request) { response in
                guard response.status == 200 else { throw await refusal(response) }
                return try await use(response)
            }
        } catch let error as HTTPError {
            throw ContextError.unreachable(remote: shown, cause: error)
        }
    }

    /// What the server said instead, without anything that the URL may have held in confidence.
    private func refusal(_ response: HTTPResponse) async -> ContextError {
        var bytes: [UInt8] = []
        // A reason that can't be read any more is left out.
        while bytes.count < 4096, let chunk = try? await response.body.read() { bytes += chunk }
        let lines = String(decoding: bytes.prefix(4096), as: UTF8.self).split(whereSeparator: \.isNewline)
        var line = (lines.first { !$0.allSatisfy(\.isWhitespace) } ?? "").trimmingCharacters(in: .whitespaces)
        for secret in secrets + (SourceURL(response.url)?.secrets ?? []) {
            line = line.replacing(secret, with: "***")
        }
        let isCut = line.count > Self.maxReasonLength
        line = String(line.prefix(Self.maxReasonLength)).escapedForDisplay + (isCut ? "…" : "")
        return .downloadRefused(shown, status: response.status, reason: line)
    }

    /// The bytes of an answer, counted and timed as they pass.
    private struct Body {
        private let pipe: BytePipe
        private let limits: ContextLimits
        private let started = ContinuousClock.now
        private var received: Int64 = 0

        init(_ pipe: BytePipe, _ limits: ContextLimits) {
            self.pipe = pipe
            self.limits = limits
        }

        mutating func next() async throws -> [UInt8]? {
            guard let chunk = try await pipe.read() else { return nil }
            received += Int64(chunk.count)
            guard received <= limits.packedBytes else {
                throw ContextError.tooLarge("more bytes to fetch", limit: "\(limits.packedBytes) bytes")
            }
            guard ContinuousClock.now - started < limits.duration else {
                throw ContextError.tooLarge("more to fetch than can be had in time", limit: "\(limits.duration)")
            }
            return chunk
        }

        /// Enough to tell what it is.
        mutating func first() async throws -> [UInt8] {
            var bytes: [UInt8] = []
            while bytes.count < ContextContent.sniffedBytes, let chunk = try await next() { bytes += chunk }
            return bytes
        }

        mutating func dockerfile(after first: [UInt8]) async throws -> [UInt8] {
            var bytes = first
            while bytes.count <= ContextLimits.dockerfileBytes, let chunk = try await next() { bytes += chunk }
            guard bytes.count <= ContextLimits.dockerfileBytes else {
                throw ContextError.tooLarge("a larger Dockerfile", limit: "\(ContextLimits.dockerfileBytes) bytes")
            }
            return bytes
        }
    }
}

extension SourceURL {
    /// Shorter values of a query are no signatures, and could stand anywhere.
    private static let shortestSecret = 8

    /// What must not be shown of it: the password, and the query, which may be a signature, whole and value by value.
    var secrets: [String] {
        var secrets: [String] = []
        if let info = userInfo {
            let parts = info.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let isSecret = parts.count > 1 && !parts[1].isEmpty || parts[0].utf8.count >= Self.shortestToken
            if isSecret { secrets.append(info) }
            if parts.count > 1, !parts[1].isEmpty { secrets += Self.forms(of: parts[1]) }
            if parts[0].utf8.count >= Self.shortestToken { secrets += Self.forms(of: parts[0]) }
        }
        if let query, !query.isEmpty {
            let values = query.split(separator: "&").map { $0.drop { $0 != "=" }.dropFirst() }
            secrets += ([query] + values.map(String.init)).filter { $0.utf8.count >= Self.shortestSecret }
                .flatMap(Self.forms)
        }
        // The longest first, so that one that holds another goes whole.
        return Set(secrets).sorted { $0.utf8.count > $1.utf8.count }
    }

    /// As written, and as meant.
    private static func forms(of text: String) -> [String] {
        [text, percentDecoded(text) ?? text]
    }
}
