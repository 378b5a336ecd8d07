public import CurlHTTP
public import Distribution
import Foundation
public import TaskModel

/// Passes calls on to the registries that this server stands in front of, bodies streamed both ways.
///
/// It logs in there with the registry's own credential. Addresses in answers are made to lead to this server again.
public struct RegistryProxy: Sendable {
    let http: HTTPClient
    let clients: RegistryClient
    let details: ManifestCache

    /// The longest time without a byte in either direction. A registry may think long about a large blob's digest.
    static let idleTimeout: Duration = .seconds(600)
    /// The most bytes of an answer to an upload; there is next to nothing in them.
    static let mostAnswerBytes = 1 << 20

    /// - Parameter clients: knows where the registries are, and what logs in there: made with
    ///   ``RegistryEndpoints/init(_:)``.
    public init(http: HTTPClient, clients: RegistryClient) {
        self.http = http
        self.clients = clients
        details = ManifestCache()
    }

    /// - Throws: ``RegistryFailure`` where the registry behind can't be reached or refuses the server's login. Its other
    ///   errors are answers.
    public func forward(_ call: RegistryCall, to registry: Registry) async throws -> RegistryAnswer {
        do {
            return try await attempt(call, registry, isSecond: false)
        } catch let error as DistributionError {
            throw RegistryFailure(error, registry)
        } catch let error as HTTPError {
            throw RegistryFailure(error, server: registry.loginServer)
        }
    }

    private func attempt(_ call: RegistryCall, _ registry: Registry, isSecond: Bool) async throws -> RegistryAnswer {
        var request = try await clients.request(call.method, call.target, at: registry.loginServer, scope: call.scope)
        request.headers += call.passedHeaders
        request.body = call.body
        request.idleTimeout = Self.idleTimeout
        let answer: RegistryAnswer
        if case .stream = call.body {
            answer = try await http.send(request) { response in
                let bytes = try await response.bytes(limit: Self.mostAnswerBytes)
                return RegistryAnswer(
                    status: response.status, headers: response.headers, body: bytes.isEmpty ? .none : .bytes(bytes))
            }
        } else {
            request.maxRedirects = 5
            let opened = try await http.open(request)
            let length = opened.response.headers["Content-Length"].flatMap { Int($0) }
            let hasBody = call.method != "HEAD" && length != 0 && ![204, 304].contains(opened.response.status)
            answer = RegistryAnswer(
                status: opened.response.status, headers: opened.response.headers,
                body: hasBody ? .stream(opened, length: length) : .none)
        }
        guard answer.status == 401 else { return try finished(answer, of: call, registry) }
        // The login was withdrawn before its time. A body that was a stream is gone.
        clients.forgetLogin(at: registry.loginServer, scope: call.scope)
        if case .stream = call.body {
            throw RegistryFailure(
                503, "UNAVAILABLE", "The registry behind \(registry.loginServer) wants a new login. Try again.",
                retryAfter: 1)
        }
        return isSecond
            ? try finished(answer, of: call, registry) : try await attempt(call, registry, isSecond: true)
    }

    private func finished(
        _ answer: RegistryAnswer, of call: RegistryCall, _ registry: Registry
    ) throws -> RegistryAnswer {
        switch answer.status {
        case 401, 403:
            throw RegistryFailure.ownLoginRefused(registry)
        case 405 where call.method == "DELETE":
            throw Self.deletingUnsupported(registry)
        case 300..<304, 305..<400:
            throw RegistryFailure(
                502, "UNKNOWN",
                "The registry behind \(registry.loginServer) sends this call elsewhere, which is not followed.")
        default:
            var answer = answer
            answer.headers = try AnswerHeaders(endpoint: registry.endpoint, loginServer: registry.loginServer)
                .shown(answer.headers, status: answer.status)
            return answer
        }
    }

    static func deletingUnsupported(_ registry: Registry) -> RegistryFailure {
        RegistryFailure(
            405, "UNSUPPORTED",
            "The registry behind \(registry.loginServer) does not delete this. Deleting may have to be turned on there "
                + "(REGISTRY_STORAGE_DELETE_ENABLED=true for the distribution registry).")
    }
}
