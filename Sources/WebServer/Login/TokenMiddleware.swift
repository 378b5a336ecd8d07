import Foundation
import Hummingbird

/// Lets only requests with a good bearer token pass.
struct TokenMiddleware: RouterMiddleware {
    let tokens: TokenService

    func handle(
        _ request: Request, context: ResourceContext, next: (Request, ResourceContext) async throws -> Response
    ) async throws -> Response {
        guard let header = request.headers[.authorization] else {
            throw ServerError.unauthenticated("The request has no bearer token. Log in first.")
        }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer",
            let principal = try await tokens.principal(of: String(parts[1]))
        else { throw ServerError.unauthenticated("The bearer token is not valid (any more). Log in again.") }
        var context = context
        context.principal = principal
        return try await next(request, context)
    }
}
