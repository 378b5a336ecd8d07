import SwiftProtobuf
import TaskModel

/// `moby.filesync.v1.Auth/Credentials`: asked after a registry's 401, with the host of the registry.
///
/// The service's other methods, with which a client fetches tokens itself, are left unimplemented; the daemon then
/// does it.
struct RegistryAuthService: SessionService {
    let methods = ["/moby.filesync.v1.Auth/Credentials"]
    let credentials: @Sendable (_ registryHost: String) async -> Credential?

    func answer(_ call: inout SessionCall) async throws {
        let request = try await call.only(WireCredentialsRequest.self)
        let credential = await credentials(RegistryLogin.registry(ofHost: request.host))
        // Anonymous is an empty message, not an error.
        try await call.replies.send(
            WireCredentialsResponse.with {
                $0.username = credential?.username ?? ""
                $0.secret = credential?.password.value ?? ""
            })
    }
}
