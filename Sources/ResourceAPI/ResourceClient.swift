public import CurlHTTP
import TaskModel

/// The resource API as a client sees it. Every call throws ``ResourceError``, and `CancellationError` when its task is
/// canceled.
public final class ResourceClient: Sendable {
    /// `https://host[:port]`, without a slash at the end.
    public let server: String
    let http: HTTPClient
    private let tokens: TokenSource

    /// How often a call that the server was too busy for (429, 503) is made, and the longest wait it may ask for.
    private static let attempts = 4
    private static let longestWait = 30

    public init(server: String, tokens: TokenSource, http: HTTPClient) {
        self.server = server
        self.tokens = tokens
        self.http = http
    }

    // MARK: Calls that other files build on

    func get<Answer: Decodable>(_ path: String, apiVersion: String, query: [(String, String)] = []) async throws
        -> Answer
    {
        try decode(try await call("GET", url(path, apiVersion: apiVersion, query: query)))
    }

    func post<Answer: Decodable>(_ path: String, apiVersion: String, body: (any Encodable)? = nil) async throws
        -> Answer
    {
        try decode(try await call("POST", url(path, apiVersion: apiVersion), body: body))
    }

    func put<Answer: Decodable>(_ path: String, apiVersion: String, body: any Encodable) async throws -> Answer {
        try decode(try await call("PUT", url(path, apiVersion: apiVersion), body: body))
    }

    func patch<Answer: Decodable>(_ path: String, apiVersion: String, body: any Encodable) async throws -> Answer {
        try decode(try await call("PATCH", url(path, apiVersion: apiVersion), body: body))
    }

    func delete(_ path: String, apiVersion: String) async throws {
        _ = try await call("DELETE", url(path, apiVersion: apiVersion))
    }

    func postForNothing(_ path: String, apiVersion: String) async throws {
        _ = try await call("POST", url(path, apiVersion: apiVersion))
    }

    /// Reads every page of a listing, until there are `limit` items.
    func list<Item: Codable & Sendable>(
        _ path: String, apiVersion: String, query: [(String, String)] = [], limit: Int = .max
    ) async throws -> [Item] {
        var items: [Item] = []
        var next: String? = url(path, apiVersion: apiVersion, query: query)
        while let link = next, items.count < limit {
            // The token goes along, so only to the server that it is for.
            guard HTTPOrigin(url: link) == HTTPOrigin(url: server) else {
                throw ResourceError.unexpectedAnswer(
                    server: server, status: 200, reason: "its next page is on another server")
            }
            let page: Page<Item> = try decode(try await call("GET", link))
            items += page.value
            next = page.nextLink
        }
        return Array(items.prefix(limit))
    }

    func url(_ path: String, apiVersion: String, query: [(String, String)] = []) -> String {
        let escaped = path.split(separator: "/", omittingEmptySubsequences: false).map { String($0).percentEncoded }
            .joined(separator: "/")
        let pairs = [("api-version", apiVersion)] + query
        return server + escaped + "?" + pairs.map { $0 + "=" + $1.percentEncoded }.joined(separator: "&")
    }

    func call(_ method: String, _ url: String, body: (any Encodable)? = nil) async throws -> [UInt8] {
        // What goes to the server is for it to see.
        let bytes = try body.map { try WireJSON.encode($0, revealing: true) }
        var isRetryWithNewToken = false
        var attempt = 1
        while true {
            let token = try await tokens.token()
            var request = HTTPRequest(method, url, headers: [HTTPHeader("Accept", "application/json")])
            request.headers.append(HTTPHeader("Authorization", "Bearer " + token.value.value))
            if let bytes {
                request.headers.append(HTTPHeader("Content-Type", "application/json"))
                request.body = .bytes(bytes)
            }
            let (response, answer) = try await http.fetchFrom(server, request)
            switch response.status {
            case 200...299:
                return answer
            case 401 where !isRetryWithNewToken:
                await tokens.refuse(token)
                isRetryWithNewToken = true
            case 429, 503:
                let seconds = response.headers["Retry-After"].flatMap { Int($0) } ?? attempt
                guard attempt < Self.attempts, (0...Self.longestWait).contains(seconds) else {
                    throw refusal(response, answer)
                }
                attempt += 1
                try await Task.sleep(for: .seconds(seconds))
            default:
                throw refusal(response, answer)
            }
        }
    }

    /// For a call that is not repeated.
    func freshToken() async throws -> Secret { try await tokens.token().value }

    func refusal(_ response: HTTPResponse, _ bytes: [UInt8]) -> ResourceError {
        // Something in between answered.
        guard let envelope = try? WireJSON.decode(ErrorEnvelope.self, from: bytes) else {
            return .unexpectedAnswer(server: server, status: response.status, reason: "it is no error of this API")
        }
        let error = envelope.error
        if response.status == 401 { return .loginRefused(server: server, reason: error.message) }
        return .refused(status: response.status, code: error.code, message: error.message, target: error.target)
    }

    private func decode<Answer: Decodable>(_ bytes: [UInt8]) throws -> Answer {
        do {
            return try WireJSON.decode(Answer.self, from: bytes)
        } catch {
            throw ResourceError.unexpectedAnswer(server: server, status: 200, reason: error.message)
        }
    }
}
