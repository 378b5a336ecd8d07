import Foundation
import SwiftProtobuf

/// `moby.buildkit.secrets.v1.Secrets/GetSecret`: asked when a step that mounts the secret really runs.
struct SecretsService: SessionService {
    let methods = ["/moby.buildkit.secrets.v1.Secrets/GetSecret"]
    let secrets: [String: [UInt8]]

    func answer(_ call: inout SessionCall) async throws {
        let request = try await call.only(WireGetSecretRequest.self)
        // With any other status than this the step fails even if it does not require the secret.
        guard let secret = secrets[request.id] else { throw CallStatus(.notFound, "there is no secret \(request.id)") }
        try await call.replies.send(WireGetSecretResponse.with { $0.data = Data(secret) })
    }
}
