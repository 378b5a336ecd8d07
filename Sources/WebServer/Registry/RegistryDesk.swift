import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import RegistryGateway
import Scheduling
import Storage
import TaskModel

/// Finds the registry that a request is for, and gives every answer the form that clients of registries know.
struct RegistryDesk: Sendable {
    let settings: SchedulingSettings
    let logger: Logger

    /// Answers a request to a registry that this server stands in front of.
    ///
    /// What `work` throws becomes `{"errors": [{"code", "message", "detail"}]}`.
    func answer(_ request: Request, _ work: (Registry) async throws -> Response) async throws -> Response {
        let response = try await wholeAnswer(request, work)
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func wholeAnswer(_ request: Request, _ work: (Registry) async throws -> Response) async throws -> Response {
        guard let registry = registry(of: request) else { return try refusal(unknownHost(request)) }
        do {
            var response = try await work(registry)
            response.headers[.apiVersion] = "registry/2.0"
            return response
        } catch is CancellationError {
            throw CancellationError()
        } catch let failure as RegistryFailure {
            return try refusal(failure)
        } catch let challenge as LoginWanted {
            var response = try refusal(challenge.failure)
            response.headers[.wwwAuthenticate] = challenge.header(for: registry)
            return response
        } catch let error as HTTPError where error.status.code < 500 {
            return try refusal(
                RegistryFailure(Int(error.status.code), "UNKNOWN", error.body ?? error.status.reasonPhrase))
        } catch {
            logger.error(
                "registry request failed",
                metadata: ["registry": "\(registry.name)", "path": "\(request.uri.path)", "error": "\(error)"])
            if let error = StorageError(ofDatabase: error) {
                return try refusal(RegistryFailure(503, "UNAVAILABLE", error.description, retryAfter: 5))
            }
            return try refusal(
                RegistryFailure(500, "UNKNOWN", "The server could not carry out the request; its log says why."))
        }
    }

    /// By the host that the request names; `:443` may be left out, as clients do.
    private func registry(of request: Request) -> Registry? {
        guard let authority = request.head.authority?.lowercased() else { return nil }
        let host = authority.hasSuffix(":443") ? String(authority.dropLast(4)) : authority
        return settings.gateway(at: host) ?? settings.gateway(at: host + ":443")
    }

    private func unknownHost(_ request: Request) -> RegistryFailure {
        return RegistryFailure(
            404, "NAME_UNKNOWN",
            "No registry has the login server '\((request.head.authority ?? "").escapedForDisplay)'. "
                + "Use the name that 'az acr show' gives as loginServer.")
    }

    private func refusal(_ failure: RegistryFailure) throws -> Response {
        let body = RegistryErrors(errors: [
            RegistryErrors.Entry(code: failure.code, message: failure.message, detail: failure.detail)
        ])
        var response = try Response.json(body, status: HTTPResponse.Status(code: failure.status))
        response.headers[.apiVersion] = "registry/2.0"
        if let seconds = failure.retryAfter { response.headers[.retryAfter] = "\(seconds)" }
        return response
    }
}

/// Errors as the distribution specification has them.
struct RegistryErrors: Codable, Sendable {
    struct Entry: Codable, Sendable {
        var code: String
        var message: String
        var detail: String?
    }

    var errors: [Entry]
}

/// A request without a good token, or with one that gives too little: 401 and how to get a better one (token
/// authentication of the distribution specification, RFC 6750 section 3).
///
/// Too little is no 403: the Azure CLI takes that for a firewall.
struct LoginWanted: Error {
    enum Reason: Sendable {
        case noToken
        case badToken
        case tooLittle
    }

    let reason: Reason
    /// What the token has to give; nil for any token.
    var access: RegistryAccess?

    var failure: RegistryFailure {
        switch reason {
        case .noToken: RegistryFailure(401, "UNAUTHORIZED", "authentication required", detail: access?.scope)
        case .badToken:
            RegistryFailure(
                401, "UNAUTHORIZED", "The login is not valid (any more). Log in again.", detail: access?.scope)
        case .tooLittle:
            RegistryFailure(
                401, "DENIED",
                "The login does not give \(access?.actions.joined(separator: ", ") ?? "access") of "
                    + "\(access?.name ?? "this"). An administrator of the server gives roles that do.",
                detail: access?.scope)
        }
    }

    /// Without blanks between the parameters: the Azure CLI does not read on after one.
    func header(for registry: Registry) -> String {
        let server = registry.loginServer
        var header = "Bearer realm=\"https://\(server)/oauth2/token\",service=\"\(server)\""
        if let access { header += ",scope=\"\(access.scope)\"" }
        switch reason {
        case .noToken: break
        case .badToken: header += ",error=\"invalid_token\""
        case .tooLittle: header += ",error=\"insufficient_scope\""
        }
        return header
    }
}

extension HTTPField.Name {
    /// `Docker-Distribution-Api-Version`.
    fileprivate static let apiVersion = HTTPField.Name("Docker-Distribution-Api-Version") ?? .server
}

extension RegistryLogins {
    /// Who makes a request, once it is sure that they may do one of these things; nil asks only for a login.
    ///
    /// - Throws: ``LoginWanted``.
    func require(
        _ access: [RegistryAccess]?, of request: Request, _ context: ResourceContext, at registry: Registry
    ) async throws -> RegistryCaller {
        guard request.headers[.authorization] != nil else {
            throw LoginWanted(reason: .noToken, access: access?.first)
        }
        guard let caller = try await caller(of: request, context, at: registry) else {
            throw LoginWanted(reason: .badToken, access: access?.first)
        }
        guard access.map({ $0.contains(where: caller.may) }) ?? true else {
            throw LoginWanted(reason: .tooLittle, access: access?.first)
        }
        return caller
    }
}
