import Foundation
import Hummingbird
import ResourceAPI

/// How clients find the server and get a token.
struct LoginController {
    let tokens: TokenService
    let identity: ServerIdentity

    func addRoutes(to router: some RouterMethods<ResourceContext>) {
        router.get("metadata/endpoints", use: metadata)
        router.get("adfs/.well-known/openid-configuration", use: openID)
        router.get(":tenant/v2.0/.well-known/openid-configuration", use: openID)
        router.post("adfs/oauth2/token", use: token)
        router.post(":tenant/oauth2/v2.0/token", use: token)
    }

    private func metadata(_ request: Request, _ context: ResourceContext) throws -> Response {
        let server = request.origin(fallback: identity.publicURL)
        return try .json(
            CloudMetadata(name: "Slipway", server: server, tenant: identity.tenant, domain: "slipway.internal"))
    }

    private func openID(_ request: Request, _ context: ResourceContext) throws -> Response {
        try .json(OpenIDConfiguration(server: request.origin(fallback: identity.publicURL)))
    }

    /// Client credentials (RFC 6749, section 4.4). A wrong secret is 401: clients keep a 400 for a minute.
    private func token(_ request: Request, _ context: ResourceContext) async throws -> Response {
        let body = try await request.body.collect(upTo: 64 << 10)
        let form = Self.form(String(buffer: body))
        guard form["grant_type"] == "client_credentials" else {
            let error = TokenError(
                error: "unsupported_grant_type", errorDescription: "Only grant_type=client_credentials is supported.",
                errorCodes: [70003])
            return try .json(error, status: .unauthorized)
        }
        guard let id = form["client_id"], let secret = form["client_secret"],
            let token = try await tokens.issue(clientID: id, secret: secret)
        else { return try .json(TokenError.invalidClient, status: .unauthorized) }
        var response = try Response.json(TokenAnswer(accessToken: token, expiresIn: Int(TokenService.lifetime)))
        response.headers[.cacheControl] = "no-store"
        return response
    }

    /// `application/x-www-form-urlencoded`.
    static func form(_ text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                $0.replacing("+", with: " ").removingPercentEncoding ?? String($0)
            }
            fields[parts[0]] = parts.count > 1 ? parts[1] : ""
        }
        return fields
    }
}
