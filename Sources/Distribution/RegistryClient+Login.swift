import CurlHTTP
import Foundation
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
            return call.credential.map { LoginAnswer(header: basic($0), life: nil) }
        }
        let offered = challenges.map(\.scheme.escapedForDisplay).joined(separator: ", ")
        throw DistributionError.invalidAnswer(
            registry: call.registry, reason: "it wants a login by '\(offered)'; only Basic and Bearer are known")
    }

    private func fetchToken(_ challenge: AuthChallenge, endpoint: String, for call: Call) async throws -> LoginAnswer {
        let realm = challenge.parameters["realm"] ?? ""
        let origins = [endpoint, "https://" + call.registry].compactMap(HTTPOrigin.init(url:))
        if let objection = realms.objection(to: realm, of: origins) {
            throw DistributionError.realmRefused(registry: call.registry, realm: realm, reason: objection)
        }
        var query: [String] = []
        if let service = challenge.parameters["service"] { query.append("service=" + encoded(service)) }
        // The registry's own words first: it may know the repository under a longer name.
        for scope in (challenge.parameters["scope"] ?? call.scope ?? "").split(separator: " ") {
            query.append("scope=" + encoded(String(scope)))
        }
        if let credential = call.credential { query.append("account=" + encoded(credential.username)) }

        var request = HTTPRequest("GET", realm + (realm.contains("?") ? "&" : "?") + query.joined(separator: "&"))
        request.timeout = .seconds(60)
        if let credential = call.credential { request.headers.append(HTTPHeader("Authorization", basic(credential))) }
        let (response, bytes) = try await fetch(request, from: call.registry)
        if response.status == 401 { throw unauthorized(call, bytes) }
        try check(response, bytes, of: call)
        // Whatever keeps it from being read, it is no token then.
        guard let answer = try? JSONDecoder().decode(TokenAnswer.self, from: Data(bytes)),
            let token = answer.token ?? answer.access_token, !token.isEmpty
        else {
            throw DistributionError.invalidAnswer(registry: call.registry, reason: "its login service gave no token")
        }
        // 60 s is the specification's default; the margin covers the way there.
        let seconds = min(max(answer.expires_in ?? 60, 0), 86_400)
        return LoginAnswer(header: "Bearer " + token, life: .seconds(seconds - min(seconds / 10, 30)))
    }

    private func basic(_ credential: Credential) -> String {
        HTTPHeader.basicLogin(credential.username, password: credential.password.value).value
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
}
