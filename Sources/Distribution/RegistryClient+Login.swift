import CurlHTTP
import TaskModel

/// What a login gave.
struct LoginAnswer {
    /// The value of the header `Authorization`: a secret.
    let header: String
    /// How long it may be used; nil for as long as the registry takes it.
    let life: Duration?
}

extension RegistryClient {
    /// Answers the challenge of a 401: with the password for Basic, with a token fetched from the realm for Bearer (the
    /// token authentication of the distribution specification).
    ///
    /// - Returns: nil if there is nothing to answer it with.
    func logIn(to endpoint: String, for call: Call, challengedBy response: HTTPResponse) async throws -> LoginAnswer? {
        let values = response.headers.filter { $0.name.lowercased() == "www-authenticate" }.map(\.value)
        let challenges = AuthChallenge.all(in: values)
        if let bearer = challenges.first(where: { $0.scheme == "bearer" }) {
            return try await fetchToken(bearer, endpoint: endpoint, for: call)
        }
        if challenges.contains(where: { $0.scheme == "basic" }) {
            return call.credential.map { LoginAnswer(header: HTTPHeader.basicLogin($0).value, life: nil) }
        }
        let offered = challenges.map(\.scheme.escapedForDisplay).joined(separator: ", ")
        throw DistributionError.invalidAnswer(
            registry: call.registry, reason: "it wants a login by '\(offered)'; only Basic and Bearer are known")
    }

    private func fetchToken(_ challenge: AuthChallenge, endpoint: String, for call: Call) async throws -> LoginAnswer {
        let request = TokenRequest(
            realm: challenge.parameters["realm"] ?? "", service: challenge.parameters["service"],
            // The registry's own words first: it may know the repository under a longer name.
            scopes: (challenge.parameters["scope"] ?? call.scope ?? "").split(separator: " ").map(String.init))
        let answer = try await fetchToken(
            request, for: call, origins: [endpoint, "https://" + call.registry].compactMap(HTTPOrigin.init(url:)))
        let seconds = answer.life.components.seconds
        // The margin covers the way there.
        return LoginAnswer(header: "Bearer " + answer.token.value, life: .seconds(seconds - min(seconds / 10, 30)))
    }
}

extension HTTPHeader {
    static func basicLogin(_ credential: Credential) -> HTTPHeader {
        basicLogin(credential.username, password: credential.password.value)
    }
}
