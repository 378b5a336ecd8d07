public import CurlHTTP
public import TaskModel

public import struct Foundation.Date

/// A token and when it ends.
public struct AccessToken: Sendable, Hashable {
    public let value: Secret
    public let expires: Date

    public init(value: Secret, expires: Date) {
        self.value = value
        self.expires = expires
    }
}

/// Keeps a token from one start of the program to the next. Failing to keep it costs a login, nothing else.
public protocol TokenCache: Sendable {
    func load() -> AccessToken?
    func store(_ token: AccessToken)
}

/// Gets tokens by client credentials (`POST /adfs/oauth2/token`, RFC 6749, section 4.4) and keeps them until shortly
/// before they end.
public actor TokenSource {
    private let server: String
    private let credential: Credential
    private let http: HTTPClient
    private let cache: (any TokenCache)?
    private let now: @Sendable () -> Date
    private var current: AccessToken?
    /// Tokens that the server has refused although they had not ended.
    private var refused: Set<Secret> = []

    /// - Parameters:
    ///   - server: `https://host[:port]`, without a slash at the end.
    ///   - credential: client id and client secret.
    public init(
        server: String, credential: Credential, http: HTTPClient, cache: (any TokenCache)? = nil,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.server = server
        self.credential = credential
        self.http = http
        self.cache = cache
        self.now = now
    }

    /// A token that lasts at least another minute.
    ///
    /// - Throws: ``ResourceError``.
    public func token() async throws -> AccessToken {
        for candidate in [current, cache?.load()].compactMap(\.self) where isUsable(candidate) {
            current = candidate
            return candidate
        }
        let fresh = try await request()
        current = fresh
        cache?.store(fresh)
        return fresh
    }

    /// Says that the server did not take this token; ``token()`` will not give it again.
    public func refuse(_ token: AccessToken) {
        refused.insert(token.value)
    }

    private func isUsable(_ token: AccessToken) -> Bool {
        token.expires.timeIntervalSince(now()) > 60 && !refused.contains(token.value)
    }

    private func request() async throws -> AccessToken {
        let form = [
            ("grant_type", "client_credentials"), ("client_id", credential.username),
            ("client_secret", credential.password.value),
            ("scope", server + "//.default"),
        ]
        let body = form.map { $0 + "=" + $1.percentEncoded }.joined(separator: "&")
        let request = HTTPRequest(
            "POST", server + "/adfs/oauth2/token",
            headers: [
                HTTPHeader("Content-Type", "application/x-www-form-urlencoded"),
                HTTPHeader("Accept", "application/json"),
            ],
            body: .bytes(Array(body.utf8)))
        let asked = now()
        let (response, bytes) = try await http.fetchFrom(server, request)
        guard response.status == 200 else {
            guard let error = try? WireJSON.decode(TokenError.self, from: bytes) else {  // not ours: say what came
                throw ResourceError.unexpectedAnswer(
                    server: server, status: response.status, reason: "the login endpoint gave no token")
            }
            throw ResourceError.loginRefused(server: server, reason: error.errorDescription)
        }
        do {
            let answer = try WireJSON.decode(TokenAnswer.self, from: bytes)
            return AccessToken(
                value: Secret(answer.accessToken), expires: asked.addingTimeInterval(Double(answer.expiresIn)))
        } catch {
            throw ResourceError.unexpectedAnswer(
                server: server, status: response.status, reason: "the token can't be read. \(error.message)")
        }
    }
}

extension HTTPClient {
    /// As `fetch`, with failures in the words of ``ResourceError``.
    func fetchFrom(_ server: String, _ request: HTTPRequest) async throws -> (response: HTTPResponse, bytes: [UInt8]) {
        do {
            return try await fetch(request, limit: WireJSON.maxBytes)
        } catch let error as HTTPError {
            throw ResourceError(error, server: server)
        }
    }
}

extension String {
    /// Everything but letters, digits and `-._~` as `%XX` (RFC 3986, section 2.1).
    var percentEncoded: String {
        var result = ""
        for byte in utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += byte < 0x10 ? "%0" + digits : "%" + digits
            }
        }
        return result
    }
}
