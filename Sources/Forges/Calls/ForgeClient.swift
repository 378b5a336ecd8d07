public import CurlHTTP
import Foundation
public import TaskModel

/// Keeps hooks of a repository at its forge, and tells it how commits do.
public struct ForgeClient: Sendable {
    private let location: ForgeLocation
    private let token: Secret
    private let http: HTTPClient

    /// - Parameter http: with the addresses that the server may connect to.
    public init(_ location: ForgeLocation, token: Secret, http: HTTPClient) {
        self.location = location
        self.token = token
        self.http = http
    }

    /// Sees to it that the hook is there and as it should be: makes it, or repairs the one that has its URL.
    ///
    /// - Returns: the forge's id of it, for ``remove(_:)``.
    public func install(_ hook: WantedHook) async throws(ForgeError) -> String {
        let dialect = try await prepared()
        var known = try await hooks(at: hook.url, dialect)
        var ids: [String] = []
        for part in dialect.parts {
            let place = known.firstIndex { $0.part == part && $0.condition != .dead }
            if let found = place.map({ known.remove(at: $0) }) {
                if found.condition == .wrong {
                    _ = try await ask(dialect.update(found.id, to: hook, part: part), dialect)
                }
                ids.append(found.id)
            } else {
                ids.append(try dialect.id(in: try await ask(dialect.create(hook, part: part), dialect)))
            }
        }
        // Those that remain would tell everything twice.
        for surplus in known { try await remove(surplus.id, dialect) }
        return ids.joined(separator: ",")
    }

    /// Removes a hook. One that is gone already is fine.
    ///
    /// - Parameter id: what ``install(_:)`` gave; nil if that never ended, so that there may be one all the same.
    public func remove(_ id: String?, url: String) async throws(ForgeError) {
        guard let id else {
            let dialect = try await prepared()
            for hook in try await hooks(at: url, dialect) { try await remove(hook.id, dialect) }
            return
        }
        for part in id.split(separator: ",") { try await remove(String(part), location.dialect) }
    }

    /// - Parameter commit: 40 or 64 hexadecimal digits.
    public func report(_ status: CommitStatus, on commit: String) async throws(ForgeError) {
        let dialect = location.dialect
        do {
            _ = try await ask(dialect.report(status, on: commit), dialect)
        } catch ForgeError.rejected(_, let code, let reason) where dialect.isKnownAlready(status: code, reason: reason)
        {
            return
        } catch {
            throw error
        }
    }

    private func prepared() async throws(ForgeError) -> any ForgeDialect {
        let dialect = location.dialect
        guard let question = dialect.question else { return dialect }
        return try dialect.knowing(try await ask(question, dialect))
    }

    private func remove(_ id: String, _ dialect: any ForgeDialect) async throws(ForgeError) {
        do {
            _ = try await ask(dialect.remove(id), dialect)
        } catch ForgeError.repositoryNotFound {
            return
        } catch {
            throw error
        }
    }

    private static let maxPages = 20

    private func hooks(at url: String, _ dialect: any ForgeDialect) async throws(ForgeError) -> [ListedHook] {
        var found: [ListedHook] = []
        var known: Set<String> = []
        var place: String?
        for _ in 0..<Self.maxPages {
            let page = try dialect.hooks(in: try await ask(dialect.list(from: place), dialect), after: place)
            let news = page.hooks.filter { known.insert($0.id).inserted }
            found += news.filter { $0.url == url }
            // A server that knows no pages gives the first one again.
            guard let next = page.next, !news.isEmpty else { break }
            place = next
        }
        return found
    }

    private static let timeout = Duration.seconds(30)
    private static let maxAnswer = 8 << 20

    private func ask(_ question: ForgeRequest, _ dialect: any ForgeDialect) async throws(ForgeError) -> ForgeAnswer {
        var request = HTTPRequest(question.method, location.api + question.path)
        request.headers = [HTTPHeader("Accept", "application/json")].filter { _ in dialect.headers["Accept"] == nil }
        request.headers += dialect.headers + [dialect.login(token)]
        request.timeout = Self.timeout
        let response: HTTPResponse
        let bytes: [UInt8]
        do {
            if let body = question.body {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                request.body = .bytes(Array(try encoder.encode(body)))
                request.headers.append(HTTPHeader("Content-Type", "application/json"))
            }
            (response, bytes) = try await http.fetch(request, limit: Self.maxAnswer)
        } catch {
            throw .unavailable(server: server, reason: "\(error)", retryAfter: nil)
        }
        guard (200..<300).contains(response.status), response.status != 203 else { throw refusal(response, bytes) }
        return ForgeAnswer(headers: response.headers, bytes: bytes)
    }

    private var server: String { HTTPOrigin(url: location.api)?.host ?? location.repository.server }
}

extension ForgeClient {
    /// What an answer of 300 or more means.
    fileprivate func refusal(_ response: HTTPResponse, _ bytes: [UInt8]) -> ForgeError {
        let reason = "\(response.status)" + (Self.message(in: bytes).map { ": \($0)" } ?? "")
        let wait = Self.wait(response.headers)
        switch response.status {
        case 401: return .tokenRefused(server: server, reason: reason)
        // GitHub says it so when there were too many requests.
        case 403 where wait != nil: return .unavailable(server: server, reason: reason, retryAfter: wait)
        case 403: return .tokenRefused(server: server, reason: reason)
        // Azure shows whoever it does not know a page for people.
        case 203,
            302 where location.kind == .azureRepos:
            return .tokenRefused(server: server, reason: reason)
        case 404: return .repositoryNotFound(server: server, repository: location.name)
        case 408, 429, 500...: return .unavailable(server: server, reason: reason, retryAfter: wait)
        default: return .rejected(server: server, status: response.status, reason: reason)
        }
    }

    private static func wait(_ headers: [HTTPHeader]) -> Duration? {
        if let seconds = headers["Retry-After"].flatMap({ Int($0) }), seconds >= 0 {
            return .seconds(min(seconds, 3600))
        }
        guard headers["X-RateLimit-Remaining"] == "0" else { return nil }
        let reset = headers["X-RateLimit-Reset"].flatMap { Double($0) } ?? 0
        return .seconds(min(max(reset - Date().timeIntervalSince1970, 60), 3600))
    }

    /// What the forge says in its own words, in a line of 200 characters at most.
    private static func message(in bytes: [UInt8]) -> String? {
        struct Answer: Decodable {
            struct Inner: Decodable {
                var message: String?
            }

            var message: String?
            var error: String?
            var errors: [Inner]?

            enum Key: String, CodingKey {
                case message, error, errors
            }

            init(from decoder: any Decoder) throws {
                // Each is of another kind somewhere; what can't be read is left out.
                let values = try decoder.container(keyedBy: Key.self)
                message = try? values.decode(String.self, forKey: .message)
                error =
                    (try? values.decode(String.self, forKey: .error))
                    ?? (try? values.decode(Inner.self, forKey: .error))?.message
                errors = try? values.decode([Inner].self, forKey: .errors)
            }
        }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(bytes)) else { return nil }  // a page, say
        return (answer.message ?? answer.error ?? answer.errors?.first?.message)?.asTitle
    }
}
