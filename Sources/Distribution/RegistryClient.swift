public import CurlHTTP
import Synchronization
public import TaskModel

/// A client for registries that speak the OCI distribution protocol.
///
/// One client may talk to many registries. It keeps the tokens it was given, in memory and no longer than they hold, by
/// registry, scope and credential. Each call is one attempt (with one fresh login after a 401): ``RetryPolicy`` is what
/// tries again.
public final class RegistryClient: Sendable {
    let http: HTTPClient
    let realms: RealmPolicy
    private let endpoints: RegistryEndpoints
    private let elapsed: @Sendable () -> Duration
    private let state = Mutex(State())

    private struct State {
        /// By registry: which of several possible URLs answered.
        var located: [String: String] = [:]
        var authorizations: [AuthorizationKey: Authorization] = [:]
        /// By registry: until when it counts as one that wants no login.
        var openUntil: [String: Duration] = [:]
    }

    /// - Parameters:
    ///   - http: its address policy and trusted certificates hold for registries and login services alike.
    ///   - realms: which login services are trusted with credentials.
    ///   - clock: what the life of tokens is measured on.
    public init(
        http: HTTPClient, realms: RealmPolicy = RealmPolicy(), endpoints: RegistryEndpoints = RegistryEndpoints(),
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.http = http
        self.realms = realms
        self.endpoints = endpoints
        elapsed = stopwatch(clock)
    }

    /// Whether the registry answers and accepts the credential (`GET /v2/`).
    ///
    /// - Throws: ``DistributionError``, `CancellationError`.
    public func ping(_ registry: String, credential: Credential? = nil) async throws {
        let call = Call(registry: registry, path: "/v2/", name: registry, scope: nil, credential: credential)
        _ = try await answer(to: call)
    }

    // MARK: One call

    /// What is asked of a registry.
    struct Call: Sendable {
        var method = "GET"
        let registry: String
        /// Begins with `/v2/`.
        let path: String
        /// What is asked about, for errors.
        let name: String
        /// `repository:NAME:pull`; nil for what needs no rights to a repository.
        let scope: String?
        var credential: Credential?
        var accept: String?
        /// What is written, with its media type.
        var body: (bytes: [UInt8], mediaType: String)?
    }

    struct Answer: Sendable {
        let headers: [HTTPHeader]
        let bytes: [UInt8]
    }

    /// The OCI specification lets registries refuse manifests above this size.
    static let maxBytes = 4 << 20

    /// Makes the call, logging in when the registry asks for it.
    func answer(to call: Call) async throws -> Answer {
        let call = withLogin(call)
        let endpoint = try await locate(call.registry)
        let key = AuthorizationKey(registry: call.registry, scope: call.scope, credential: call.credential)
        var authorization = remembered(key)
        var isFresh = false
        while true {
            let (response, bytes) = try await exchange(call, at: endpoint, authorization: authorization)
            guard response.status == 401, !isFresh else {
                if response.status == 401 { forget(key) }
                try check(response, bytes, of: call)
                return Answer(headers: response.headers, bytes: bytes)
            }
            forget(key)
            guard let answered = try await logIn(to: endpoint, for: call, challengedBy: response) else {
                throw unauthorized(call, bytes)
            }
            remember(answered, for: key)
            authorization = answered.header
            isFresh = true
        }
    }

    /// The call with the credential that the registry's endpoint knows.
    func withLogin(_ call: Call) -> Call {
        var call = call
        call.credential = endpoints.credential(for: call.registry, given: call.credential)
        return call
    }

    private func exchange(_ call: Call, at endpoint: String, authorization: String?) async throws -> (
        HTTPResponse, [UInt8]
    ) {
        var request = HTTPRequest(call.method, endpoint + call.path)
        request.timeout = .seconds(60)
        request.maxRedirects = 5
        if let accept = call.accept { request.headers.append(HTTPHeader("Accept", accept)) }
        if let body = call.body {
            request.headers.append(HTTPHeader("Content-Type", body.mediaType))
            request.body = .bytes(body.bytes)
        }
        if let authorization { request.headers.append(HTTPHeader("Authorization", authorization)) }
        return try await fetch(request, from: call.registry)
    }

    /// Sends one request; errors of the connection become those of the registry.
    func fetch(_ request: HTTPRequest, from registry: String) async throws -> (HTTPResponse, [UInt8]) {
        do {
            return try await http.fetch(request, limit: Self.maxBytes)
        } catch let error as HTTPError {
            throw DistributionError(error, registry: registry)
        }
    }

    // MARK: Finding the registry

    /// The URLs to try for a registry.
    func candidates(for registry: String) -> [String] { endpoints.candidates(for: registry) }

    func locate(_ registry: String) async throws -> String {
        if let located = state.withLock({ $0.located[registry] }) { return located }
        let candidates = endpoints.candidates(for: registry)
        guard candidates.count > 1 else {
            guard let only = candidates.first, HTTPOrigin(url: only) != nil else {
                throw InvalidName(
                    registry, kind: "registry", rule: "its endpoint must be http:// or https:// and host[:port]")
            }
            return only
        }
        var failure = DistributionError.invalidAnswer(registry: registry, reason: "it answers neither https nor http")
        for candidate in candidates {
            var request = HTTPRequest("GET", candidate + "/v2/")
            request.timeout = .seconds(30)
            do {
                let (response, _) = try await fetch(request, from: registry)
                if response.status == 200 || response.status == 401 {
                    state.withLock { $0.located[registry] = candidate }
                    return candidate
                }
                try DistributionError.check(response, registry: registry)
                // A server that speaks TLS answers plain http with 400: then why TLS failed before is what matters.
                if response.status == 400, case .untrusted = failure { continue }
                failure = .invalidAnswer(
                    registry: registry, reason: "\(candidate)/v2/ answers with status \(response.status)")
            } catch let error as DistributionError {
                if case .temporary = error { throw error }
                failure = error
            }
        }
        throw failure
    }

    // MARK: Tokens

    /// One for each scope that was asked for; they are made anew when there are more.
    private static let mostAuthorizations = 1000

    func remembered(_ key: AuthorizationKey) -> String? {
        state.withLock { state in
            guard let found = state.authorizations[key], found.validUntil.map({ elapsed() < $0 }) ?? true else {
                return nil
            }
            return found.header
        }
    }

    func remember(_ answer: LoginAnswer, for key: AuthorizationKey) {
        let now = elapsed()
        state.withLock { state in
            if state.authorizations.count >= Self.mostAuthorizations {
                state.authorizations = state.authorizations.filter { $0.value.validUntil.map { now < $0 } ?? false }
                // Whoever is forgotten logs in again.
                if state.authorizations.count >= Self.mostAuthorizations { state.authorizations = [:] }
            }
            state.authorizations[key] = Authorization(header: answer.header, validUntil: answer.life.map { now + $0 })
        }
    }

    func forget(_ key: AuthorizationKey) {
        state.withLock { $0.authorizations[key] = nil }
    }

    /// Whether the registry was found to want no login, a minute ago at most.
    func isOpen(_ registry: String) -> Bool {
        state.withLock { state in state.openUntil[registry].map { elapsed() < $0 } ?? false }
    }

    func noteOpen(_ registry: String, _ isOpen: Bool) {
        let until = elapsed() + .seconds(60)
        state.withLock { $0.openUntil[registry] = isOpen ? until : nil }
    }

    struct AuthorizationKey: Hashable {
        let registry: String
        let scope: String?
        let credential: Credential?
    }

    private struct Authorization {
        /// The value of the header `Authorization`: a secret.
        let header: String
        let validUntil: Duration?
    }
}
