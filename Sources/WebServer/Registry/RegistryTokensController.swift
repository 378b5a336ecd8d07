import Hummingbird
import RegistryGateway
import TaskModel

/// `/oauth2`: how clients of a registry get their tokens (token authentication and its OAuth 2.0 form of the distribution
/// specification, and the exchange that Azure adds).
struct RegistryTokensController {
    let desk: RegistryDesk
    let logins: RegistryLogins

    func addRoutes(to router: some RouterMethods<ResourceContext>) {
        router.post("oauth2/exchange", use: exchange)
        router.post("oauth2/token", use: grant)
        router.get("oauth2/token", use: fetch)
    }

    /// A token of the management side for a refresh token of the registry.
    private func exchange(_ request: Request, _ context: ResourceContext) async throws -> Response {
        try await desk.answer(request) { registry in
            let form = try await form(request)
            try check(form["service"], registry)
            guard let token = form["access_token"],
                let caller = try await logins.caller(managementToken: token, at: registry)
            else { throw refused }
            let refresh = try await logins.registryTokens.refreshToken(for: caller.subject, at: registry)
            return try answer(RegistryTokenAnswer(refreshToken: refresh))
        }
    }

    /// `grant_type=refresh_token` and `grant_type=password`, the latter with a refresh token if `access_type=offline`.
    private func grant(_ request: Request, _ context: ResourceContext) async throws -> Response {
        try await desk.answer(request) { registry in
            let form = try await form(request)
            try check(form["service"], registry)
            let caller: RegistryCaller?
            switch form["grant_type"] {
            case "refresh_token":
                caller = try await logins.caller(refreshToken: form["refresh_token"] ?? "", at: registry)
            case "password":
                caller = try await logins.caller(
                    username: form["username"] ?? "", password: form["password"] ?? "", at: registry,
                    from: context.address)
            default:
                throw RegistryFailure(400, "UNSUPPORTED", "grant_type can be refresh_token or password.")
            }
            guard let caller else { throw refused }
            var refresh = form["refresh_token"]
            if form["grant_type"] == "password", form["access_type"] == "offline" {
                refresh = try await refreshToken(form["username"], form["password"], caller, registry)
            }
            return try await tokens(for: caller, form.all("scope"), registry, refresh: refresh)
        }
    }

    /// What the docker engine calls with the login that a person typed in.
    ///
    /// With `offline_token` it would keep a refresh token in place of the password. For one that is a refresh token
    /// itself that is what it gets; a secret that is good for years is not turned into a login for three hours.
    private func fetch(_ request: Request, _ context: ResourceContext) async throws -> Response {
        try await desk.answer(request) { registry in
            let query = RegistryForm(request.uri.query ?? "")
            try check(query["service"], registry)
            guard let (username, password) = request.headers[.authorization].flatMap(RegistryLogins.basicLogin),
                let caller = try await logins.caller(
                    username: username, password: password, at: registry, from: context.address)
            else { throw refused }
            let isToken = username == RegistryLogins.tokenUser
            return try await tokens(
                for: caller, query.all("scope"), registry,
                refresh: isToken && query["offline_token"] == "true" ? password : nil)
        }
    }

    private func refreshToken(
        _ username: String?, _ password: String?, _ caller: RegistryCaller, _ registry: Registry
    ) async throws -> String? {
        if username == RegistryLogins.tokenUser { return password }
        return try await logins.registryTokens.refreshToken(for: caller.subject, at: registry, limit: caller.limit)
    }

    private func tokens(
        for caller: RegistryCaller, _ scopes: [String], _ registry: Registry, refresh: String?
    ) async throws -> Response {
        let access = caller.granted(RegistryAccess.read(scopes: scopes))
        let token = try await logins.registryTokens.accessToken(for: caller.subject, at: registry, access: access)
        return try answer(
            RegistryTokenAnswer(
                accessToken: token, token: token, expiresIn: Int(RegistryTokens.accessLifetime), refreshToken: refresh))
    }

    private func form(_ request: Request) async throws -> RegistryForm {
        RegistryForm(String(buffer: try await request.body.collect(upTo: 64 << 10)))
    }

    private func check(_ service: String?, _ registry: Registry) throws(RegistryFailure) {
        guard let service, service.lowercased() != registry.loginServer.lowercased() else { return }
        throw RegistryFailure(
            400, "UNSUPPORTED", "Tokens for '\(service.escapedForDisplay)' are not given here, but at that address.")
    }

    private func answer(_ tokens: RegistryTokenAnswer) throws -> Response {
        var response = try Response.json(tokens)
        response.headers[.cacheControl] = "no-store"
        return response
    }

    private var refused: RegistryFailure {
        RegistryFailure(
            401, "UNAUTHORIZED",
            "The user name or the password is wrong, or the login is over, or it has no role in this registry.")
    }
}

/// The answer of `/oauth2/token` and `/oauth2/exchange`. Some clients read `token`, some `access_token`.
private struct RegistryTokenAnswer: Codable, Sendable {
    var accessToken: String?
    var token: String?
    var expiresIn: Int?
    var refreshToken: String?

    private enum CodingKeys: String, CodingKey {
        case token
        case accessToken = "access_token"
        case expiresIn = "expires_in"
        case refreshToken = "refresh_token"
    }
}
