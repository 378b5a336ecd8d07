public import CurlHTTP
public import TaskModel

extension RegistryClient {
    /// A request to a registry with what logs in for it, for callers that stream the exchange themselves.
    ///
    /// The login comes first (`GET /v2/` tells how), since a body can't be sent a second time. Should the registry
    /// answer 401 all the same, ``forgetLogin(at:scope:credential:)`` makes the next request log in afresh.
    ///
    /// - Parameters:
    ///   - path: begins with `/v2/`; its query included.
    ///   - scope: `repository:NAME:pull,push`, several separated by blanks.
    /// - Throws: ``DistributionError``, `InvalidName`, `CancellationError`.
    public func request(
        _ method: String, _ path: String, at registry: String, scope: String, credential: Credential? = nil
    ) async throws -> HTTPRequest {
        let call = withLogin(
            Call(registry: registry, path: "/v2/", name: registry, scope: scope, credential: credential))
        let endpoint = try await locate(registry)
        var request = HTTPRequest(method, endpoint + path)
        if let authorization = try await authorization(for: call, at: endpoint) {
            request.headers.append(HTTPHeader("Authorization", authorization))
        }
        return request
    }

    public func forgetLogin(at registry: String, scope: String, credential: Credential? = nil) {
        let call = withLogin(
            Call(registry: registry, path: "/v2/", name: registry, scope: scope, credential: credential))
        noteOpen(registry, false)
        forget(AuthorizationKey(registry: registry, scope: scope, credential: call.credential))
    }

    private func authorization(for call: Call, at endpoint: String) async throws -> String? {
        let key = AuthorizationKey(registry: call.registry, scope: call.scope, credential: call.credential)
        if let known = remembered(key) { return known }
        if isOpen(call.registry) { return nil }
        var question = HTTPRequest("GET", endpoint + call.path)
        question.timeout = .seconds(60)
        let (response, bytes) = try await fetch(question, from: call.registry)
        guard response.status == 401 else {
            try check(response, bytes, of: call)
            noteOpen(call.registry, true)
            return nil
        }
        guard let answered = try await logIn(to: endpoint, for: call, challengedBy: response) else {
            throw unauthorized(call, bytes)
        }
        remember(answered, for: key)
        return answered.header
    }

    /// Fetches a small blob, such as the configuration of an image (`GET /v2/<name>/blobs/<digest>`).
    ///
    /// - Throws: ``DistributionError``, `InvalidName`, `CancellationError`.
    public func blob(
        _ digest: String, of repository: String, in registry: String, credential: Credential? = nil
    ) async throws -> [UInt8] {
        guard ImageReference.isDigest(digest) else {
            throw InvalidName(digest, kind: "digest", rule: "it must be sha256: and 64 hexadecimal digits")
        }
        let call = Call(
            registry: registry, path: "/v2/\(try repositoryPath(repository))/blobs/\(digest)",
            name: "\(registry)/\(repository)@\(digest)", scope: "repository:\(repository):pull", credential: credential)
        return try await answer(to: call).bytes
    }
}
