public import CurlHTTP
import Foundation
public import TaskModel

/// Keeps hooks of a repository at its forge, and tells it how commits do.
public struct ForgeClient: Sendable {
    let location: ForgeLocation
    let token: Secret
    private let http: HTTPClient

    /// - Parameter http: with the addresses that the server may connect to.
    public init(_ location: ForgeLocation, token: Secret, http: HTTPClient) {
        self.location = location
        self.token = token
        self.http = http
    }

    /// Sees to it that the hook is there and as it should be: makes it, or repairs the one that has its URL.
    ///
    /// - Returns: the forge's id of it, for ``remove(_:url:)``.
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

    /// Removes what ``install(_:)`` gave before, but for the parts of it that it gives now as well.
    public func remove(_ before: String, keeping now: String) async throws(ForgeError) {
        let kept = Set(now.split(separator: ","))
        for part in before.split(separator: ",") where !kept.contains(part) {
            try await remove(String(part), location.dialect)
        }
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

    var server: String { HTTPOrigin(url: location.api)?.host ?? location.repository.server }
}
