import Foundation
import HTTPTypes
import Hummingbird
import ResourceAPI
import TaskModel

/// How clients find the server and get a token.
struct LoginController {
    let tokens: TokenService
    let identity: ServerIdentity
    let failures: FailedLogins

    func addRoutes(to router: some RouterMethods<ResourceContext>) {
        router.get("metadata/endpoints", use: metadata)
        router.get("adfs/.well-known/openid-configuration", use: openID)
        router.get(":tenant/v2.0/.well-known/openid-configuration", use: tenantOpenID)
        router.post("adfs/oauth2/token", use: token)
        router.post(":tenant/oauth2/v2.0/token", use: tenantToken)
        router.get("msi", use: managedIdentity)
    }

    private func metadata(_ request: Request, _ context: ResourceContext) throws -> Response {
        let server = request.origin(fallback: identity.publicURL)
        return try .json(
            CloudMetadata(name: "Slipway", server: server, tenant: identity.tenant, domain: "slipway.internal"))
    }

    private func openID(_ request: Request, _ context: ResourceContext) throws -> Response {
        try .json(OpenIDConfiguration(server: request.origin(fallback: identity.publicURL)))
    }

    /// The same for clients that were told the login endpoint without `/adfs`.
    private func tenantOpenID(_ request: Request, _ context: ResourceContext) throws -> Response {
        try checkTenant(context)
        let server = request.origin(fallback: identity.publicURL)
        return try .json(OpenIDConfiguration(server: server, tenant: identity.tenant))
    }

    private func tenantToken(_ request: Request, _ context: ResourceContext) async throws -> Response {
        try checkTenant(context)
        return try await token(request, context)
    }

    private func checkTenant(_ context: ResourceContext) throws {
        let tenant = context.parameters.get("tenant") ?? ""
        guard tenant.lowercased() == identity.tenant.lowercased() else {
            throw ServerError.notFound("There is no tenant '\(tenant.escapedForDisplay)'.")
        }
    }

    /// Client credentials (RFC 6749, section 4.4), in the form or as Basic (section 2.3.1).
    private func token(_ request: Request, _ context: ResourceContext) async throws -> Response {
        let form = FormFields(String(buffer: try await request.body.collect(upTo: 64 << 10)))
        guard form["grant_type"] == "client_credentials" else { return try refusal(.unsupportedGrantType) }
        guard let audience = audience(of: form["scope"]?.removingSuffix("/.default"), request) else {
            return try refusal(.invalidScope)
        }
        let login = ClientLogin(form: form, authorization: request.headers[.authorization])
        return try await answer(login, for: audience, context) { token in
            try .json(TokenAnswer(accessToken: token.value, expiresIn: Int(TokenService.lifetime)))
        }
    }

    /// The managed-identity form: a client with `IDENTITY_ENDPOINT=https://SERVER/msi` and
    /// `IDENTITY_HEADER=CLIENT_ID:SECRET` in its environment has no secret on its command line.
    private func managedIdentity(_ request: Request, _ context: ResourceContext) async throws -> Response {
        let resource = request.uri.queryParameters["resource"].map(String.init)
        guard let audience = audience(of: resource, request) else { return try refusal(.invalidScope) }
        let header = HTTPField.Name("X-IDENTITY-HEADER").flatMap { request.headers[$0] }
        return try await answer(ClientLogin(pair: header ?? ""), for: audience, context) { token in
            try .json(
                ManagedIdentityAnswer(
                    accessToken: token.value, expiry: token.expiry, resource: resource ?? identity.publicURL))
        }
    }

    /// - Parameter answer: what a token is wrapped in.
    private func answer(
        _ login: ClientLogin?, for audience: TokenAudience, _ context: ResourceContext,
        _ answer: (IssuedToken) throws -> Response
    ) async throws -> Response {
        if let seconds = failures.wait(context.address) { return try refusal(.tooManyFailures, retryAfter: seconds) }
        guard let login else { return try refusal(.invalidClient) }
        guard let token = try await tokens.issue(clientID: login.id, secret: login.secret, for: audience) else {
            guard let seconds = failures.note(clientID: login.id, address: context.address) else {
                return try refusal(.invalidClient)
            }
            return try refusal(.tooManyFailures, retryAfter: seconds)
        }
        var response = try answer(token)
        response.headers[.cacheControl] = "no-store"
        return response
    }

    /// What a token for this resource is for; nil if the server has none for it. No resource is the server itself.
    private func audience(of resource: String?, _ request: Request) -> TokenAudience? {
        guard let resource = resource?.lowercased().removingSuffix("/"), !resource.isEmpty else { return .management }
        let own = [request.origin(fallback: identity.publicURL), identity.publicURL].map { $0.lowercased() }
        if own.contains(resource) { return .management }
        return resource == TokenAudience.registryResource ? .registry : nil
    }

    /// Clients keep a 400 for a minute, so it is 401 (or 429 with a time to wait).
    private func refusal(_ error: TokenError, retryAfter seconds: Int? = nil) throws -> Response {
        var response = try Response.json(error, status: seconds == nil ? .unauthorized : .tooManyRequests)
        response.headers[.cacheControl] = "no-store"
        if let seconds { response.headers[.retryAfter] = "\(seconds)" }
        return response
    }
}

extension String {
    fileprivate func removingSuffix(_ suffix: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}
