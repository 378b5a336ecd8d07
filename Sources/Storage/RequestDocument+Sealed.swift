import TaskModel

/// A run's request as it stands in the database: what is secret is encrypted.
extension RequestDocument {
    private static var purpose: String { "run-request" }

    init(_ request: RunRequest, box: SecretBox) throws {
        try self.init(request) { try box.seal($0, for: Self.purpose) }
    }

    func request(agentPool: String, box: SecretBox) throws -> RunRequest {
        do {
            return try request(agentPool: agentPool) { try box.open($0, for: Self.purpose) }
        } catch let error as UnknownRequest {
            throw StorageError.io(action: "read a run's request", reason: "\(error)")
        }
    }
}
