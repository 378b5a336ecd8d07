import Foundation
import NIOCore
import SwiftProtobuf
import Synchronization
import TaskModel

/// `moby.buildkit.secrets.v1.Secrets/GetSecret`: asked when a step that mounts the secret really runs.
final class SecretsService: SessionService {
    let methods = ["/moby.buildkit.secrets.v1.Secrets/GetSecret"]
    let limit: TimeAmount? = .seconds(30)
    private let secrets: [String: [UInt8]]
    private let missing = Mutex<Set<String>>([])

    init(secrets: [String: [UInt8]]) {
        self.secrets = secrets
    }

    func answer(_ call: inout SessionCall) async throws {
        let request = try await call.only(WireGetSecretRequest.self)
        guard let secret = secrets[request.id] else {
            missing.withLock { _ = $0.insert(request.id) }
            // With any other status than this the step fails even if it does not require the secret.
            throw CallStatus(.notFound, "there is no secret \(request.id)")
        }
        try await call.replies.send(WireGetSecretResponse.with { $0.data = Data(secret) })
    }

    /// What a build that ended with this message of the daemon's failed on here.
    func failure(behind message: String) -> DockerError? {
        let id = missing.withLock { missing in
            missing.first { message.contains("secret \($0) not found") || message.contains("secret \($0): not found") }
        }
        return id.map { id in
            let shown = id.escapedForDisplay
            return .build(
                .step(
                    message: "a step requires the secret '\(shown)', and the build was given none of that id. "
                        + "Give it with --secret id=\(shown),src=FILE or --secret id=\(shown),env=NAME"))
        }
    }
}
