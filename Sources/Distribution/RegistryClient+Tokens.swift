import CurlHTTP
public import Foundation
public import TaskModel

/// What a login service is asked for: the token authentication of the distribution specification.
public struct TokenRequest: Sendable, Hashable {
    /// The service's URL, as the registry names it.
    public var realm: String
    public var service: String?
    /// `repository:NAME:pull` each.
    public var scopes: [String]

    public init(realm: String, service: String? = nil, scopes: [String] = []) {
        self.realm = realm
        self.service = service
        self.scopes = scopes
    }
}

/// What it gave.
public struct RegistryToken: Sendable, Equatable {
    public let token: Secret
    /// From ``issued`` on; whole seconds, a day at most.
    public let life: Duration
    /// Nil if the service does not say.
    public let issued: Date?
}

extension RegistryClient {
    /// Fetches a token for others to use at the registry: with the password if there is one, else without login.
    ///
    /// The credential is used as given, also for a registry whose endpoint has a login of its own.
    ///
    /// - Throws: ``DistributionError/realmRefused(registry:realm:reason:)`` if the password must not go there, other
    ///   ``DistributionError``s, `CancellationError`.
    public func token(
        _ request: TokenRequest, of registry: String, credential: Credential?
    ) async throws -> RegistryToken {
        let call = Call(
            registry: registry, path: "/v2/", name: registry, scope: request.scopes.joined(separator: " "),
            credential: credential)
        return try await fetchToken(request, for: call, origins: origins(of: registry))
    }

    /// Whether the registry wants a token of its login service (Bearer) rather than the password itself.
    ///
    /// - Parameter registry: asked where image names say it is, as a daemon does; not at a configured endpoint.
    /// - Returns: nil if it can't be asked or asks for no login.
    public func wantsTokens(_ registry: String) async -> Bool? {
        for candidate in RegistryEndpoints().candidates(for: registry) {
            var question = HTTPRequest("GET", candidate + "/v2/")
            question.timeout = .seconds(15)
            // Whatever keeps it from answering: then the daemon alone knows what it wants.
            guard let (response, _) = try? await fetch(question, from: registry), response.status == 401 else {
                continue
            }
            let values = response.headers.filter { $0.name.lowercased() == "www-authenticate" }.map(\.value)
            return AuthChallenge.all(in: values).contains { $0.scheme == "bearer" }
        }
        return nil
    }

    /// Where the registry is, by its configuration and by the rule for names.
    private func origins(of registry: String) -> [HTTPOrigin] {
        (candidates(for: registry) + RegistryEndpoints().candidates(for: registry)).compactMap(HTTPOrigin.init(url:))
    }

    func fetchToken(_ asked: TokenRequest, for call: Call, origins: [HTTPOrigin]) async throws -> RegistryToken {
        if let objection = realms.objection(to: asked.realm, of: origins) {
            throw DistributionError.realmRefused(registry: call.registry, realm: asked.realm, reason: objection)
        }
        var request = HTTPRequest("GET", url(of: asked, for: call.credential))
        request.timeout = .seconds(60)
        request.maxRedirects = 5
        if let credential = call.credential { request.headers.append(.basicLogin(credential)) }
        let (response, bytes) = try await fetch(request, from: call.registry)
        if response.status == 401 { throw unauthorized(call, bytes) }
        try check(response, bytes, of: call)
        // Whatever keeps it from being read, it is no token then.
        guard let answer = try? JSONDecoder().decode(TokenAnswer.self, from: Data(bytes)),
            let token = answer.token ?? answer.access_token, !token.isEmpty
        else {
            throw DistributionError.invalidAnswer(registry: call.registry, reason: "its login service gave no token")
        }
        // 60 s is the specification's default.
        return RegistryToken(
            token: Secret(token), life: .seconds(min(max(answer.expires_in ?? 60, 0), 86_400)),
            issued: answer.issued_at.flatMap(Self.date))
    }

    private func url(of request: TokenRequest, for credential: Credential?) -> String {
        var query: [String] = []
        if let service = request.service { query.append("service=" + encoded(service)) }
        for scope in request.scopes { query.append("scope=" + encoded(scope)) }
        if let credential { query.append("account=" + encoded(credential.username)) }
        return request.realm + (request.realm.contains("?") ? "&" : "?") + query.joined(separator: "&")
    }

    /// RFC 3339, with or without parts of a second.
    private static func date(_ text: String) -> Date? {
        let whole = text.replacing(/\.[0-9]+/, with: "")
        return try? Date(whole, strategy: .iso8601)  // no date: as if it said nothing
    }

    private func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                result +=
                    byte < 0x10
                    ? "%0" + String(byte, radix: 16, uppercase: true) : "%" + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }
}

// The names are the specification's.
private struct TokenAnswer: Decodable {
    let token: String?
    let access_token: String?
    let expires_in: Int?
    let issued_at: String?
}
